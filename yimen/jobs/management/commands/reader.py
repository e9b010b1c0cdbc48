"""`yimen manage reader`: a reader of ID cards that takes tickets by itself (刷卡取号): serial, HTTP or simulated."""

import sys
from argparse import ArgumentParser
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from yimen.jobs.command import ChineseCommand
from yimen.jobs.readers import Hall, HallSilent, HttpReader, Reader, ReaderGone, SimulatedReader, serial_reader, tickets


class Command(ChineseCommand):
    help = "刷卡取号：--serial 串口读卡器，--http 厂家本机服务，--simulated 模拟（每行一次刷卡，不写文件名就从键盘读）。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One kind of reader, the hall's address, the file with the reader's token, and for which matters."""
        kind = parser.add_mutually_exclusive_group(required=True)
        kind.add_argument("--serial", type=Path, help="串口，如 /dev/ttyUSB0")
        kind.add_argument("--http", help="厂家服务的地址，只能在本机，如 http://127.0.0.1:8989/read")
        kind.add_argument("--simulated", nargs="?", const="-", help="模拟读卡：文件名，或从键盘读")
        parser.add_argument("--field", default="id_number", help="厂家服务的 JSON 里，号码在哪一项，默认 id_number")
        parser.add_argument("--hall", required=True, help="大厅系统的地址，如 https://yimen.example")
        parser.add_argument("--token-file", type=Path, required=True, help="装着这台读卡器令牌的文件（“大厅 › 设备”页上添）")
        parser.add_argument("--matter", action="append", default=[], help="事项代码，可以写几次；不写就是咨询")

    def handle(self, *_: Any, **options: Any) -> None:
        """Take tickets until the reader is gone or somebody presses Ctrl-C."""
        try:
            token = options["token_file"].read_text(encoding="ascii").strip()
            hall = Hall(options["hall"], token)
            with serial_reader(options["serial"]) if options["serial"] else nullcontext(_reader(options)) as reader:
                for said in tickets(reader, hall, matters=options["matter"]):
                    self.stdout.write(said)
                    self.stdout.flush()
        except FileNotFoundError as problem:
            raise CommandError(f"没有这个文件：{problem.filename}", returncode=2) from None
        except (ReaderGone, HallSilent) as problem:
            if options["simulated"] is None:
                raise CommandError(str(problem)) from None
        except KeyboardInterrupt:
            return


def _reader(options: dict[str, Any]) -> Reader:
    if options["http"]:
        return HttpReader(options["http"], field=options["field"])
    if options["simulated"] == "-":
        return SimulatedReader(sys.stdin)
    return SimulatedReader(Path(options["simulated"]).read_text(encoding="utf-8").splitlines())
