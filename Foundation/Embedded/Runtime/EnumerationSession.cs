using System.Diagnostics.CodeAnalysis;

namespace Orleans.Embedded;

/// <summary>An enumeration at its grain. Made by the reader, and run in the turns of the activation that the first request reaches.</summary>
[SuppressMessage(
    "Design", "CA1001:Types that own disposable fields should be disposable",
    Justification = "Its token source has no timer, and may be cancelled by a reader after the end.")]
internal sealed partial class EnumerationSession<T>(GrainEnumerable<T> enumerable) : IEnumerationSession
{
    private readonly CancellationTokenSource _cancellation = new();
    private IAsyncEnumerator<T>? _enumerator;
    private ValueTask<bool>? _pending;
    private Task? _running;
    private bool _isAborted;
    private bool _isEnded;

    public GrainEnumerable<T> Enumerable { get; } = enumerable;

    /// <summary>The activation that runs it; null before the first request.</summary>
    public Activation? Activation { get; private set; }

    public ValueTask<EnumerationBatch<T>> NextAsync(object target)
    {
        if (_isAborted || _isEnded)
        {
            throw Aborted();
        }

        if (_enumerator is null)
        {
            Activation = GrainExecution.Current!;
            Activation.AddEnumeration(this);
            _enumerator = Enumerable.Start(target, _cancellation.Token).GetAsyncEnumerator(_cancellation.Token);
        }

        var batch = CollectAsync();
        if (!batch.IsCompleted)
        {
            var task = batch.AsTask();
            _running = task;
            return new ValueTask<EnumerationBatch<T>>(task);
        }

        return batch;
    }

    public void Cancel() => _cancellation.Cancel();

    public void Abort()
    {
        _isAborted = true;
        _cancellation.Cancel();
        if (_running is not { IsCompleted: false })
        {
            // Nobody is inside, so nobody else will end it.
            _running = EndEnumeratorAsync();
        }
    }

    /// <summary>The reader leaves: the iterator's own clean-up runs before this ends.</summary>
    public async ValueTask EndAsync()
    {
        _cancellation.CancelHere();
        if (_running is { } running)
        {
            await running.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        await EndEnumeratorAsync();
    }

    private async ValueTask<EnumerationBatch<T>> CollectAsync()
    {
        try
        {
            var items = new List<T>(4);
            var next = _pending ?? _enumerator!.MoveNextAsync();
            _pending = null;
            while (await next)
            {
                items.Add(Isolation.Copy(_enumerator!.Current));
                if (items.Count >= Enumerable.MaxBatchSize)
                {
                    return new EnumerationBatch<T>(items, IsLast: false);
                }

                next = _enumerator.MoveNextAsync();
                if (!next.IsCompletedSuccessfully)
                {
                    // Not here yet, or failed: for the next request. What is here goes first.
                    _pending = next;
                    return new EnumerationBatch<T>(items, IsLast: false);
                }
            }

            await EndEnumeratorAsync();
            return new EnumerationBatch<T>(items, IsLast: true);
        }
        catch (Exception) when (_isAborted)
        {
            await EndEnumeratorAsync();
            throw Aborted();
        }
        catch (Exception)
        {
            await EndEnumeratorAsync();
            throw;
        }
    }

    private async Task EndEnumeratorAsync()
    {
        if (_isEnded)
        {
            return;
        }

        _isEnded = true;
        Activation?.RemoveEnumeration(this);
        if (_enumerator is not { } enumerator)
        {
            return;
        }

        if (_pending is { } pending)
        {
            _pending = null;
            try
            {
                await pending;
            }
            catch (Exception)
            {
                // Its reader has left: nobody is there to tell.
            }
        }

        await enumerator.DisposeAsync();
    }

    private EnumerationAbortedException Aborted() =>
        new($"The enumeration of {Enumerable.Method} was aborted because its activation has ended; start it again.");
}

/// <summary>Asks for the next elements.</summary>
internal sealed partial class EnumerationRequest<T>(EnumerationSession<T> session) : GrainRequest<EnumerationBatch<T>>
{
    public override GrainMethod Method => Schedule.Of(session.Enumerable.Method);

    internal override bool IsEnumeration => true;

    internal override bool IsRedispatchable => session.Activation is null;

    public override int GetArgumentCount() => session.Enumerable.GetArgumentCount();

    public override object? GetArgument(int index) => session.Enumerable.GetArgument(index);

    public override void SetArgument(int index, object? value) => session.Enumerable.SetArgument(index, value);

    // Its elements were copied one by one.
    internal override EnumerationBatch<T> Isolate(EnumerationBatch<T> result) => result;

    internal override void CancelCallee()
    {
        base.CancelCallee();
        session.Cancel();
    }

    protected override ValueTask<EnumerationBatch<T>> Run(object target)
    {
        if (session.Activation is { } started && !ReferenceEquals(started, GrainExecution.Current))
        {
            throw new EnumerationAbortedException(
                $"The activation that ran the enumeration of {session.Enumerable.Method} has ended; start it again.");
        }

        return session.NextAsync(target);
    }
}

/// <summary>Tells that the reader leaves.</summary>
internal sealed partial class EndEnumerationRequest<T>(EnumerationSession<T> session) : VoidGrainRequest
{
    public override GrainMethod Method => Schedule.End;

    internal override bool IsRedispatchable => false;

    protected override ValueTask RunVoid(object target) =>
        ReferenceEquals(session.Activation, GrainExecution.Current) ? session.EndAsync() : default;
}

/// <summary>Enumerations interleave with everything, as their requests are short and many.</summary>
internal static class Schedule
{
    private static readonly System.Runtime.CompilerServices.ConditionalWeakTable<GrainMethod, GrainMethod> Methods = [];

    public static GrainMethod End { get; } = new(typeof(IAsyncDisposable), nameof(IAsyncDisposable.DisposeAsync), [], GrainMethodOptions.AlwaysInterleave);

    public static GrainMethod Of(GrainMethod method) => Methods.GetValue(method, static original => original.AsEnumeration());
}
