"""The bound of the stack of Arm code, by small programs whose stack is known."""

from __future__ import annotations

import pytest

from tests.size.listings import analysis
from tools.size.problem import SizeError


def bound(text: str, **more: object) -> int:
    return analysis("EM_ARM", text, **more).bound("f").bytes


def test_a_leaf_takes_what_it_pushes_and_reserves() -> None:
    assert bound("f:\n push {r4, r5, lr}\n sub sp, #20\n add sp, #20\n pop {r4, r5, pc}") == 32


def test_a_function_without_frame_takes_nothing() -> None:
    assert bound("f:\n adds r0, #1\n bx lr") == 0


@pytest.mark.parametrize(
    ("take", "give", "size"),
    [
        ("push {r4-r7, lr}", "pop {r4-r7, pc}", 20),
        ("stmdb sp!, {r4, r5, r6, r7, r8, r9, sl, fp, lr}", "ldmia.w sp!, {r4, r5, r6, r7, r8, r9, sl, fp, pc}", 36),
        ("str.w lr, [sp, #-8]!", "ldr.w pc, [sp], #8", 8),
        ("str lr, [sp, #-4]!", "pop {pc}", 4),
    ],
)
def test_every_way_of_saving_registers(take: str, give: str, size: int) -> None:
    assert bound(f"f:\n {take}\n {give}") == size


@pytest.mark.parametrize(
    ("take", "give", "size"),
    [
        ("vpush {d8-d15}", "vpop {d8-d15}", 64),
        ("vpush {s16-s17}", "vldmia sp!, {s16-s17}", 8),
        ("strd r4, r5, [sp, #-16]!", "ldrd r4, r5, [sp], #16", 16),
        ("subw sp, sp, #1028", "addw sp, sp, #1028", 1028),
        ("sub.w sp, sp, #4096", "add.w sp, sp, #4096", 4096),
        ("add.w r7, sp, #0\n sub sp, #64", "mov sp, r7", 64),
        ("mov r7, sp\n sub sp, #64\n adds r7, #8", "subs r7, #8\n mov sp, r7", 64),
        ("movw r3, #5000\n sub.w sp, sp, r3", "movw r3, #5000\n add sp, r3", 5000),
        ("mov.w r3, #65536\n movt r3, #0\n sub.w sp, sp, #16", "add sp, #16", 16),
    ],
)
def test_every_way_of_moving_the_stack_pointer(take: str, give: str, size: int) -> None:
    assert bound(f"f:\n {take}\n {give}\n bx lr") == size


def test_registers_loaded_from_above_the_stack_pointer_move_nothing() -> None:
    assert bound("f:\n sub sp, #16\n ldmib sp, {r1, r5}\n add sp, #16\n bx lr") == 16
    with pytest.raises(SizeError, match=r"ldmib sp!, \{r1, r5\}"):
        bound("f:\n ldmib sp!, {r1, r5}\n bx lr")
    with pytest.raises(SizeError, match="f"):
        bound("f:\n mov r3, #64\n ldmib r2, {r3, r4}\n sub sp, sp, r3\n bx lr")


def test_large_frames_of_armv6m_come_from_a_literal() -> None:
    words = {0x2000: -1000 & 0xFFFFFFFF, 0x2004: 1000}
    text = """f:
      push {r4, lr}
      ldr r4, [pc, #8] @ (2000 <f+0x20>)
      add sp, r4
      ldr r3, [pc, #8] @ (2004 <f+0x24>)
      add sp, r3
      pop {r4, pc}"""
    assert bound(text, words=words) == 1008


def test_a_call_counts_at_the_depth_where_it_is_made() -> None:
    text = """f:
      push {r4, lr}
      bl @g
      sub sp, #100
      add sp, #100
      pop {r4, pc}
    g:
      sub sp, #48
      add sp, #48
      bx lr"""
    whole = analysis("EM_ARM", text).bound("f")
    assert whole.bytes == 108
    assert whole.path == (("f", 108),)
    deeper = analysis("EM_ARM", text.replace("#48", "#148")).bound("f")
    assert deeper.bytes == 156
    assert deeper.path == (("f", 8), ("g", 148))


def test_a_tail_call_begins_where_the_frame_has_gone() -> None:
    assert bound("f:\n push {r4, lr}\n pop {r4, lr}\n b @g\ng:\n sub sp, #8\n add sp, #8\n bx lr") == 8


def test_all_paths_count() -> None:
    text = """f:
      cbz r0, @f+4
      push {r4, lr}
      bl @g
      pop {r4, pc}
      push {r4, r5, r6, lr}
      pop {r4, r5, r6, pc}
    g:
      bx lr"""
    assert bound(text) == 16


def test_a_switch_reaches_all_its_cases() -> None:
    text = """f:
      push {r4, lr}
      tbb [pc, r0]
      pop {r4, pc}
      sub sp, #40
      add sp, #40
      pop {r4, pc}"""
    assert bound(text) == 48


def test_a_switch_of_armv6m_goes_through_a_helper() -> None:
    text = """f:
      push {r4, lr}
      bl @__gnu_thumb1_case_uqi
      .byte 0x01
      sub sp, #40
      add sp, #40
      pop {r4, pc}
    __gnu_thumb1_case_uqi:
      push {r1}
      pop {r1}
      bx lr"""
    assert bound(text) == 48


def test_a_far_jump_of_armv6m_is_no_call() -> None:
    assert bound("f:\n push {r4, lr}\n bl @f+3\n udf #0\n sub sp, #8\n add sp, #8\n pop {r4, pc}") == 16


def test_the_return_address_may_come_back_in_another_register() -> None:
    assert bound("f:\n push {r4, lr}\n pop {r4}\n pop {r3}\n bx r3") == 8


def test_conditional_returns_go_on_otherwise() -> None:
    assert bound("f:\n push {r4, lr}\n popeq {r4, pc}\n sub sp, #8\n add sp, #8\n pop {r4, pc}") == 16


def test_a_conditional_pop_belongs_to_the_conditional_jump_behind_it() -> None:
    text = """f:
      push {r8}
      subs r2, r2, #64
      popcc {r8}
      bcc @f+8
      pld [r1, #64]
      strhcs r3, [r1], #2
      pop {r8}
      nop
      bx lr"""
    assert bound(text) == 4


def test_functions_chosen_at_the_start_count_by_the_deepest() -> None:
    text = """f:
      push {r4, lr}
      bl @plt
      pop {r4, pc}
    plt:
      ldr pc, [pc, #4] @ (3000 <slot>)
    choose:
      bx lr
    small:
      bx lr
    big:
      sub sp, #32
      add sp, #32
      bx lr"""
    more = {
        "words": {0x3000: 0},
        "resolvers": {0x3000: "choose"},
        "references": (("choose", "small"), ("choose", "big")),
    }
    assert bound(text, **more) == 40
    with pytest.raises(SizeError, match="functions that cannot be told \\(link with -Wl,--emit-relocs\\)"):
        bound(text, words={0x3000: 0}, resolvers={0x3000: "choose"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "f:\n push {r4, lr}\n bl @g\n pop {r4, pc}\ng:\n push {r4, lr}\n bl @f\n pop {r4, pc}",
            "f: calls itself, so its stack has no bound (f -> g -> f)",
        ),
        (
            "f:\n push {r4, lr}\n blx r3\n pop {r4, pc}",
            "f: calls through a pointer (blx r3) at 0x1004, so its stack has no bound that can be told",
        ),
        (
            "f:\n push {r4, lr}\n sub.w sp, sp, r3\n pop {r4, pc}",
            "f: moves the stack pointer by an amount that is known only at run time (sub.w sp, sp, r3) at 0x1004, "
            "so its stack has no bound that can be told",
        ),
        (
            "f:\n push {r4, lr}\n vstrw.32 q0, [sp, #-16]!\n pop {r4, pc}",
            "f: moves the stack pointer in a way that is not understood (vstrw.32 q0, [sp, #-16]!) at 0x1004, "
            "so its stack has no bound that can be told",
        ),
        (
            "f:\n push {r4, lr}\n b.n @f",
            "f: reaches 0x1000 with the stack 0 and 8 bytes deep, so its stack has no bound that can be told",
        ),
        (
            "f:\n sub sp, #8\n bx lr",
            "f: returns with the stack pointer 8 bytes below where it was at 0x1004, "
            "so its stack has no bound that can be told",
        ),
        (
            "f:\n push {r4, r5}\n pop {r4, pc}",
            "f: returns to what is not its return address (pop {r4, pc}) at 0x1004, "
            "so its stack has no bound that can be told",
        ),
    ],
)
def test_what_has_no_bound_is_an_error_that_names_the_function(text: str, message: str) -> None:
    with pytest.raises(SizeError) as error:
        bound(text)
    assert str(error.value) == message


def test_a_missing_function_is_an_error() -> None:
    with pytest.raises(SizeError, match="h: no such function in the program"):
        analysis("EM_ARM", "f:\n bx lr").bound("h")
