namespace OrleansFlow.Streaming.Dataflow;

/// <summary>What a subtask does next.</summary>
internal enum InboxItemKind
{
    /// <summary>An input delivered a message.</summary>
    Message = 0,

    /// <summary>The engine says something.</summary>
    Control = 1,

    /// <summary>A timer fired.</summary>
    Tick = 2,

    /// <summary>A barrier may overtake: see <see cref="SubtaskInbox.OvertakingBarrier"/>.</summary>
    Overtaking = 3,
}

/// <summary>What a subtask does next: a control message, a tick, a barrier that overtakes, or a message of an input.</summary>
/// <param name="Kind">Which of them.</param>
/// <param name="Control">What the engine says; null otherwise.</param>
/// <param name="Input">The input of <paramref name="Message"/>; -1 otherwise.</param>
/// <param name="Message">What the input delivered.</param>
internal readonly record struct InboxItem(InboxItemKind Kind, SubtaskControl? Control, int Input, StreamMessage Message)
{
    public static InboxItem Tick => new(InboxItemKind.Tick, null, -1, default);

    public static InboxItem Overtaking => new(InboxItemKind.Overtaking, null, -1, default);

    public bool IsTick => Kind == InboxItemKind.Tick;

    public static InboxItem Of(SubtaskControl control) => new(InboxItemKind.Control, control, -1, default);

    public static InboxItem Of(int input, StreamMessage message) => new(InboxItemKind.Message, null, input, message);
}
