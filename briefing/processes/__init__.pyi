from .automatic import AutomaticWorkers as AutomaticWorkers
from .options import Processes as Processes
from .options import automatic_count as automatic_count
from .options import check_processes as check_processes
from .packing import packed as packed
from .pool import WorkerPool as WorkerPool
from .task import ArticleTask as ArticleTask
from .task import Setup as Setup
