using OrleansFlow.Errors;

namespace OrleansFlow.Grains.Commits;

/// <summary>Commits the decisions of many concurrent calls of one re-entrant grain with one write at a time.</summary>
/// <remarks>
/// A call decides at once on <see cref="Tentative"/> and stages the result. 1. The pump writes the newest state as soon as no write is under
/// way. 2. Whatever is staged meanwhile waits for the next write. 3. After a write its events are published and then its callers go on, so
/// nothing is acknowledged or sent before it is durable. 4. A failed write fails its callers and all that decided on top of it; the grain
/// is told once, and must be deactivated, because what the store holds is not known.
/// Used by one grain inside its turns; never blocks, starts no thread.
/// </remarks>
/// <typeparam name="TState">Immutable state.</typeparam>
/// <typeparam name="TEvent">What is published after a commit.</typeparam>
/// <param name="initial">The state as read from storage.</param>
/// <param name="write">Stores a state; gets the events since the state that was written before.</param>
/// <param name="publish">Gets each committed state with the events that led to it; must not throw.</param>
/// <param name="fail">Gets the failure that stopped the pump.</param>
/// <param name="prepare">
/// Gets what is about to be written, and what led to it, before each write, which waits until it ends: what is staged meanwhile is written too. The
/// list may be read until the first wait. Must not throw. Null: nothing is to be done.
/// </param>
internal sealed class CommitPump<TState, TEvent>(
    TState initial, Func<TState, IReadOnlyList<TEvent>, Task> write, Action<TState, IReadOnlyList<TEvent>> publish, Action<FlowException> fail,
    Func<TState, IReadOnlyList<TEvent>, Task>? prepare = null)
    where TState : class
{
    private List<TEvent>? _staged;
    private Waiters _waiting;
    private Waiters _underWay;
    private TState? _writing;
    private Task _loop = Task.CompletedTask;
    private bool _isStaged;
    private bool _isRunning;

    /// <summary>The newest state, durable or not; decisions are taken on it.</summary>
    public TState Tentative { get; private set; } = initial;

    /// <summary>The newest durable state; all that others may see.</summary>
    public TState Committed { get; private set; } = initial;

    /// <summary>Why the pump stopped; null while it works.</summary>
    public FlowException? Failure { get; private set; }

    /// <summary>Makes <paramref name="next"/> the newest state.</summary>
    /// <returns>Completes when it is durable and published; fails with the write that would have held it.</returns>
    /// <exception cref="FlowException">An earlier write failed.</exception>
    public Task StageAsync(TState next, IEnumerable<TEvent> events)
    {
        ThrowIfFailed();
        (_staged ??= []).AddRange(events);
        Stage(next);
        return _waiting.All;
    }

    /// <summary>Makes <paramref name="next"/> the newest state, and gives an answer once it is durable: for a call that has nothing else to do then.</summary>
    /// <param name="next">The state.</param>
    /// <param name="events">What led to it; the list is the pump's from now on.</param>
    /// <param name="answer">What the task gives.</param>
    /// <returns>Completes as that of <see cref="StageAsync(TState,IEnumerable{TEvent})"/>, without a turn of its own for the caller.</returns>
    /// <exception cref="FlowException">An earlier write failed.</exception>
    public Task<TAnswer> StageAsync<TAnswer>(TState next, List<TEvent> events, TAnswer answer)
    {
        ThrowIfFailed();
        if (_staged is null)
        {
            _staged = events;
        }
        else
        {
            _staged.AddRange(events);
        }

        Stage(next);
        return _waiting.AnswerAsync(answer);
    }

    /// <summary>Changes what need not be durable, in every copy of the state, without a write.</summary>
    /// <exception cref="FlowException">An earlier write failed.</exception>
    public void Amend(Func<TState, TState> change)
    {
        ThrowIfFailed();
        Tentative = change(Tentative);
        Committed = change(Committed);
        _writing = _writing is null ? null : change(_writing);
    }

    /// <summary>Completes when all that is staged now is durable.</summary>
    /// <exception cref="FlowException">An earlier write failed.</exception>
    public Task FlushAsync()
    {
        ThrowIfFailed();
        return _isStaged ? _waiting.All : _writing is null ? Task.CompletedTask : _underWay.All;
    }

    /// <summary>Completes when the pump rests, whatever became of its writes.</summary>
    public Task WhenIdleAsync() => _loop;

    /// <summary>Throws what stopped the pump.</summary>
    public void ThrowIfFailed()
    {
        if (Failure is { } failure)
        {
            throw new FlowException(failure.Code, failure.Message, failure);
        }
    }

    private void Stage(TState next)
    {
        (Tentative, _isStaged) = (next, true);
        if (!_isRunning)
        {
            _isRunning = true;
            _loop = RunAsync();
        }
    }

    private async Task RunAsync()
    {
        // Leaves the turn that staged first, so that calls that wait already join its write.
        await Task.Yield();
        while (_isStaged)
        {
            if (prepare is not null)
            {
                await prepare(Tentative, _staged ?? []);
            }

            var events = _staged ?? [];
            (_staged, _isStaged, _waiting, _underWay, _writing) = (null, false, default, _waiting, Tentative);
            try
            {
                await write(_writing, events);
            }
            catch (Exception exception)
            {
                Stop(exception);
                return;
            }

            var done = _underWay;
            (Committed, _writing, _underWay) = (_writing, null, default);
            publish(Committed, events);
            done.Complete();
        }

        _isRunning = false;
    }

    private void Stop(Exception exception)
    {
        Failure = exception as FlowException ?? new FlowException(
            FlowErrorCode.StoreUnavailable, $"The grain's state could not be written, and whether it was is not known: {exception.Message}", exception);
        var (written, staged) = (_underWay, _waiting);
        (_waiting, _underWay, _isStaged, _writing) = (default, default, false, null);

        // The grain first: when a caller learns of the failure, the activation is on its way out.
        fail(Failure);
        written.Fail(Failure);
        staged.Fail(Failure);
    }
}
