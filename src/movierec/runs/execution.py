"""One notebook executed in a kernel, through papermill, kept in memory until its end."""

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import papermill
import psutil
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_output
from papermill.exceptions import PapermillExecutionError
from papermill.execute import remove_error_markers
from papermill.iorw import papermill_io

from movierec.markup import markdown
from movierec.runs.kernels import StageKernel
from movierec.settings import Value


@dataclass
class Executed:
    """An executed notebook, as far as it came, and how that went; peak memory in bytes.

    unshown: errors of cells below the stage's commit, which only show what is safe already
    """

    notebook: NotebookNode
    peak_memory: int = 0
    failure: str | None = None
    unshown: tuple[str, ...] = ()
    died: bool = False
    interrupted: bool = False


class _Memory:
    """Where papermill writes a notebook after each cell: a disk may be full, or lose half."""

    scheme = "memory:"
    text = ""

    def write(self, text: str, path: str) -> None:
        self.text = text

    def pretty_path(self, path: str) -> str:
        return path


# A cell with this tag may fail, for nbclient and in JupyterLab.
_GO_ON = "raises-exception"
_memory = _Memory()
papermill_io.register(_memory.scheme, _memory)


def execute(notebook: Path, parameters: dict[str, Value], kernel: StageKernel) -> Executed:
    """Execute a notebook with some parameters. What goes wrong in it is told in the result."""
    # As a node: papermill would take braces in a path for places to fill in.
    done = Executed(_forgiving(nbformat.read(notebook, as_version=4)))

    def note_memory(**_: Any) -> None:
        done.peak_memory = max([done.peak_memory, *map(_peak_memory, kernel.processes())])

    _memory.text = ""
    try:
        papermill.execute_notebook(
            done.notebook,
            f"{_memory.scheme}{notebook.name}",
            parameters=parameters,
            progress_bar=False,
            on_cell_executed=note_memory,
            km=kernel,
        )
    except PapermillExecutionError as error:
        done.failure = f"{error.ename}: {error.evalue}"
    except DeadKernelError:
        done.died = True
        done.failure = "its kernel died; when memory runs out, the system kills the largest process"
    except KeyboardInterrupt:
        if not _memory.text:
            raise
        done.interrupted = True
    done.notebook = nbformat.reads(_memory.text, as_version=4)
    done.notebook.metadata.papermill["input_path"] = str(notebook)
    if unshown := _excused(done.notebook):
        done.unshown, done.failure = tuple(unshown), None
        remove_error_markers(done.notebook)
    return done


def _forgiving(notebook: NotebookNode) -> NotebookNode:
    """A notebook that goes on after an error below its commit: a drawing decides nothing."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    commits = [number for number, cell in enumerate(code) if "stage.commit(" in cell.source]
    for cell in code[min(commits, default=len(code)) + 1 :]:
        cell.metadata["tags"] = [*cell.metadata.get("tags", []), _GO_ON]
    return notebook


def _excused(notebook: NotebookNode) -> list[str]:
    """Let cells that may fail say why they show nothing; what went wrong in them."""
    errors = []
    for cell in notebook.cells:
        if _GO_ON in cell.metadata.get("tags", []):
            cell.metadata.tags.remove(_GO_ON)
            for number, output in enumerate(cell.outputs):
                if output.output_type == "error":
                    errors.append(f"{output.ename}: {output.evalue}".partition("\n")[0])
                    said = f"*This section cannot be shown:* {markdown(errors[-1])}"
                    cell.outputs[number] = new_output("display_data", {"text/markdown": said})
    return errors


def _peak_memory(process: psutil.Process) -> int:
    """Bytes a process has held at most; where the system keeps no count, holds now."""
    with suppress(OSError):
        status = Path(f"/proc/{process.pid}/status").read_text()
        if peak := re.search(r"^VmHWM:\s+(\d+)", status, flags=re.MULTILINE):
            return int(peak[1]) * 1024
    with suppress(psutil.Error):
        return process.memory_info().rss
    return 0
