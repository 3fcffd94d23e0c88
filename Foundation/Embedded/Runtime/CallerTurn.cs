namespace Orleans.Embedded;

/// <summary>
/// Continues, in a turn of its activation, a grain that awaits a call. It belongs to the request and is reused with it; a task and its work
/// item, which the platform would make for each await, are 96 bytes a call.
/// </summary>
internal sealed class CallerTurn : ActivationWork
{
    /// <summary>Queues the turn that is given as the state.</summary>
    public static readonly Action<object?> Queue = static state =>
    {
        var turn = (CallerTurn)state!;
        turn._caller!.Enqueue(turn);
    };

    private Activation? _caller;
    private Action<object?>? _continuation;
    private object? _state;

    public void Prepare(Activation caller, Action<object?> continuation, object? state)
    {
        _caller = caller;
        _continuation = continuation;
        _state = state;
    }

    internal override void Execute(Activation activation)
    {
        var (continuation, state) = (_continuation!, _state);

        // The request, and this with it, is reused once the continuation has taken the answer.
        _caller = null;
        _continuation = null;
        _state = null;
        activation.Continue(continuation, state);
    }
}
