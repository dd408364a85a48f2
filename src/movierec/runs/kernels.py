"""Kernels that stages run in, each started while the stage before it still runs."""

import ast
import asyncio
import json
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psutil
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.utils import run_sync

from movierec.paths import scratch_folder
from movierec.sources import code_of


class StageKernel(AsyncKernelManager):
    """A kernel that one stage runs in and that nobody works in afterwards."""

    # ipykernel warns of plain TCP, and rightly on a machine that others use.
    transport_encryption = "auto"
    code: Mapping[str, str] = MappingProxyType(
        {}
    )  # that of its notebook, before any of it was loaded
    _client: AsyncKernelClient | None = None

    @property
    def kernel_spec(self) -> KernelSpec:
        """This interpreter, whichever one a kernel spec of that name on this machine would run."""
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        metadata = {"supported_encryption": "curve"}
        return KernelSpec(argv=argv, display_name="Python", language="python", metadata=metadata)

    def processes(self) -> list[psutil.Process]:
        """Its process and those below, which are none once it has died."""
        with suppress(psutil.Error):
            process = psutil.Process(getattr(self.provisioner, "pid", None))
            return [process, *process.children(recursive=True)]
        return []

    # The base class overrides its own base's return type too.
    def client(self, **options: Any) -> AsyncKernelClient:  # type: ignore[override]
        self._client = super().client(**options)
        return self._client

    async def kill(self) -> None:
        # After an interrupt, what waits for the kernel would fail unheard once it is gone.
        waiting = asyncio.all_tasks() - {asyncio.current_task()}
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        if self._client:
            self._client.stop_channels()
        await self.shutdown_kernel(now=True)

    async def _async_interrupt_kernel(self) -> None:
        """Do nothing: an idle kernel logs the interrupt that comes before its end as an error."""


class KernelsAhead:
    """A started kernel for each of some notebooks in turn, and one ahead; all end with the block.

    A kernel begins with the imports of its notebook, which leave no names. If the notebook is
    changed before its turn, it is executed as it is then, only with modules loaded for nothing.
    """

    def __init__(self, notebooks: Iterable[Path]):
        self._left = deque(notebooks)
        self._started: deque[tuple[Path, StageKernel]] = deque()

    def __enter__(self) -> "KernelsAhead":
        self._closing = ExitStack()
        self._scratch = self._closing.enter_context(scratch_folder())
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._closing:
            while self._started:
                self._end_first()

    @contextmanager
    def take(self, notebook: Path) -> Iterator[StageKernel]:
        """The kernel of a notebook, killed at the end of the block.

        Those of notebooks before it, which turned out not to be needed, are killed at once.
        """
        while self._started and self._started[0][0] != notebook:
            self._end_first()
            self._start()
        self._start()
        try:
            yield self._started[0][1]
        finally:
            self._end_first()

    def _start(self) -> None:
        if self._left:
            notebook = self._left.popleft()
            connection = self._scratch / f"{notebook.stem}.json"
            self._started.append((notebook, run_sync(_launch)(notebook, connection)))

    def _end_first(self) -> None:
        run_sync(self._started.popleft()[1].kill)()


async def _launch(notebook: Path, connection: Path) -> StageKernel:
    content = json.loads(notebook.read_text(encoding="utf-8"))
    # In a folder of ours, where it shows whose kernel it is, should this process be killed.
    kernel = StageKernel(connection_file=str(connection))
    kernel.code = code_of(notebook)
    ahead = f"--IPKernelApp.exec_lines=exec({_imports(content)!r}, {{}})"
    # What a stage ran stands in its notebook; IPython's history is for what people type.
    no_history = "--HistoryManager.enabled=False"
    await kernel.start_kernel(extra_arguments=[ahead, no_history])
    return kernel


def _imports(notebook: dict) -> str:
    """Import statements of a notebook's code cells; cells that hold magics are passed over."""
    body: list[ast.stmt] = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            with suppress(SyntaxError):
                body += ast.parse("".join(cell["source"])).body
    imports = [one for one in body if isinstance(one, ast.Import | ast.ImportFrom)]
    return "\n".join(map(ast.unparse, imports))
