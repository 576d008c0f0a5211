"""The bound of the stack of x86-64 code, by small programs whose stack is known."""

from __future__ import annotations

import pytest

from tests.size.listings import analysis
from tools.size.problem import SizeError

RETURN = 8


def bound(text: str, **more: object) -> int:
    return analysis("EM_X86_64", text, **more).bound("f").bytes


@pytest.mark.parametrize(
    ("body", "size"),
    [
        ("nop", 0),
        ("push %rbx\n sub $0x20,%rsp\n add $0x20,%rsp\n pop %rbx", 40),
        ("add $0xffffffffffffff80,%rsp\n sub $0xffffffffffffff80,%rsp", 128),
        ("push %rbp\n mov %rsp,%rbp\n sub $0x100,%rsp\n leave", 264),
        ("push %rbp\n mov %rsp,%rbp\n push %rbx\n sub $0x18,%rsp\n lea -0x8(%rbp),%rsp\n pop %rbx\n pop %rbp", 40),
        ("lea -0x40(%rsp),%rsp\n lea 0x40(%rsp),%rsp", 64),
        ("mov %eax,-0x30(%rsp)", 48),
        ("push %rbx\n movdqa %xmm0,-0x18(%rsp)\n pop %rbx", 32),
        ("mov %rax,-0x50(%rsp,%rcx,8)", 80),
        ("push $0x5\n pop %rax", 8),
    ],
)
def test_frames(body: str, size: int) -> None:
    assert bound(f"f:\n {body}\n ret") == size + RETURN


def test_an_aligned_frame_counts_at_its_worst() -> None:
    text = """f:
      lea 0x8(%rsp),%r10
      and $0xffffffffffffffe0,%rsp
      push -0x8(%r10)
      push %rbp
      mov %rsp,%rbp
      push %r10
      sub $0x48,%rsp
      call @g
      mov -0x8(%rbp),%r10
      leave
      lea -0x8(%r10),%rsp
      ret
    g:
      ret"""
    # rsp is 8 or 24 above a multiple of 32 when the function begins.
    assert bound(text) == RETURN + 24 + 8 + 8 + 8 + 0x48 + RETURN


def test_calls_take_a_return_address() -> None:
    text = "f:\n sub $0x8,%rsp\n call @g\n add $0x8,%rsp\n ret\ng:\n push %rbx\n pop %rbx\n ret"
    whole = analysis("EM_X86_64", text).bound("f")
    assert whole.bytes == 8 + 8 + 8 + 8
    assert whole.path == (("f", 24), ("g", 8))


def test_tail_calls_and_jump_tables() -> None:
    assert bound("f:\n jmp @g\ng:\n sub $0x10,%rsp\n add $0x10,%rsp\n ret") == 16 + RETURN
    assert bound("f:\n notrack jmp *%rax\n sub $0x20,%rsp\n add $0x20,%rsp\n ret") == 32 + RETURN


def test_what_ends_the_program_is_not_followed() -> None:
    text = "f:\n sub $0x8,%rsp\n call @__stack_chk_fail\n ret\n__stack_chk_fail:\n sub $0x100,%rsp\n call @f"
    assert bound(text) == 8 + 8 + RETURN


def test_functions_chosen_at_the_start_count_by_the_deepest() -> None:
    text = """f:
      jmp @plt
    plt:
      jmp *0x10(%rip)        # 5000 <slot>
    choose:
      ret
    big:
      sub $0x40,%rsp
      add $0x40,%rsp
      ret"""
    assert bound(text, resolvers={0x5000: "choose"}, references=(("choose", "big"),)) == 64 + RETURN


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "f:\n sub $0x8,%rsp\n call @f\n add $0x8,%rsp\n ret",
            "f: calls itself, so its stack has no bound (f -> f)",
        ),
        (
            "f:\n sub $0x8,%rsp\n call *%rax\n add $0x8,%rsp\n ret",
            "f: calls through a pointer (call *%rax) at 0x1004, so its stack has no bound that can be told",
        ),
        (
            "f:\n jmp *0x10(%rip)        # 5000 <slot>",
            "f: jumps through a pointer, so its stack has no bound that can be told",
        ),
        (
            "f:\n push %rbp\n mov %rsp,%rbp\n sub %rax,%rsp\n leave\n ret",
            "f: moves the stack pointer by an amount that is known only at run time (sub %rax,%rsp) at 0x1008, "
            "so its stack has no bound that can be told",
        ),
        (
            "f:\n mov %rdi,%rsp\n ret",
            "f: moves the stack pointer in a way that is not understood (mov %rdi,%rsp) at 0x1000, "
            "so its stack has no bound that can be told",
        ),
        (
            "f:\n push %rbx\n ret",
            "f: returns with the stack pointer 8 bytes below where it was at 0x1004, "
            "so its stack has no bound that can be told",
        ),
    ],
)
def test_what_has_no_bound_is_an_error_that_names_the_function(text: str, message: str) -> None:
    with pytest.raises(SizeError) as error:
        bound(text)
    assert str(error.value) == message
