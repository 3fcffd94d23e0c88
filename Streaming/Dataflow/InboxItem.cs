namespace OrleansFlow.Streaming.Dataflow;

/// <summary>What a subtask does next: a control message, a tick, or a message of an input.</summary>
/// <param name="Control">What the engine says; null otherwise.</param>
/// <param name="IsTick">Whether a timer fired.</param>
/// <param name="Input">The input of <paramref name="Message"/>; -1 otherwise.</param>
/// <param name="Message">What the input delivered.</param>
internal readonly record struct InboxItem(SubtaskControl? Control, bool IsTick, int Input, StreamMessage Message)
{
    public static InboxItem Tick => new(null, true, -1, default);

    public static InboxItem Of(SubtaskControl control) => new(control, false, -1, default);
}
