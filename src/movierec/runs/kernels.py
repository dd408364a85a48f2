"""Kernels that stages run in, each started while the stage before it still runs."""

import ast
import asyncio
import json
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any

import psutil
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.utils import run_sync


class StageKernel(AsyncKernelManager):
    """A kernel that one stage runs in and that nobody works in afterwards."""

    # ipykernel warns of plain TCP, and rightly on a machine that others use.
    transport_encryption = "auto"
    _client: AsyncKernelClient | None = None

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
        self._left = iter(notebooks)
        self._started: deque[StageKernel] = deque()

    def __enter__(self) -> "KernelsAhead":
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        while self._started:
            run_sync(self._started.popleft().kill)()

    @contextmanager
    def take(self) -> Iterator[StageKernel]:
        """The next notebook's kernel, killed at the end of the block."""
        self._start()
        try:
            yield self._started[0]
        finally:
            run_sync(self._started.popleft().kill)()

    def _start(self) -> None:
        self._started += [run_sync(_launch)(notebook) for notebook in islice(self._left, 1)]


async def _launch(notebook: Path) -> StageKernel:
    content = json.loads(notebook.read_text(encoding="utf-8"))
    kernel = StageKernel(kernel_name=content["metadata"]["kernelspec"]["name"])
    ahead = f"--IPKernelApp.exec_lines=exec({_imports(content)!r}, {{}})"
    await kernel.start_kernel(extra_arguments=[ahead])
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
