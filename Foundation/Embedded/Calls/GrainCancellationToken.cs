using Orleans.Embedded;

namespace Orleans;

/// <summary>
/// A cancellation token that travels as an argument of grain calls. A <see cref="System.Threading.CancellationToken"/> parameter does the
/// same with less; this one also reaches callees whose call has long ended.
/// </summary>
/// <remarks>
/// Each callee gets a copy of its own, so that its callbacks run in its turns: the copy belongs to the activation that first asks it for its
/// token, and is cancelled there.
/// </remarks>
public sealed class GrainCancellationToken : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Source _source;
    private readonly bool _isCopy;
    private List<GrainCancellationToken>? _copies;
    private Activation? _activation;
    private ReferenceFactory? _sender;
    private Guid _id;

    /// <param name="isCopy">Whether it is a callee's.</param>
    /// <param name="original">What must live as long as anybody waits with this.</param>
    internal GrainCancellationToken(bool isCopy = false, object? original = null)
    {
        _isCopy = isCopy;
        _source = new Source(original);
    }

    /// <summary>The token to wait with.</summary>
    public CancellationToken CancellationToken
    {
        get
        {
            if (_isCopy)
            {
                _activation ??= GrainExecution.Current;
            }

            return _source.Token;
        }
    }

    internal bool IsCancellationRequested => _source.IsCancellationRequested;

    /// <summary>Lets go of the token's resources and of its callees, which are not cancelled any more.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _copies = null;
        }

        _source.Dispose();
    }

    internal static GrainCancellationToken Cancelled()
    {
        var token = new GrainCancellationToken(isCopy: true);
        token._source.Cancel();
        return token;
    }

    /// <summary>A name for the silos' process, to which this goes; when it is cancelled, that is told.</summary>
    internal Guid SendBy(ReferenceFactory sender)
    {
        lock (_gate)
        {
            if (_id == Guid.Empty)
            {
                _id = Guid.NewGuid();
            }

            _sender = sender;
            return _id;
        }
    }

    /// <summary>What a callee gets.</summary>
    /// <param name="isOriginalKept">Whether this lives as long as the copy, because nobody else holds it.</param>
    internal GrainCancellationToken CopyForCallee(bool isOriginalKept = false)
    {
        lock (_gate)
        {
            if (_source.IsCancellationRequested)
            {
                return Cancelled();
            }

            var copy = new GrainCancellationToken(isCopy: true, isOriginalKept || _source.Original is not null ? this : null);
            (_copies ??= []).Add(copy);
            return copy;
        }
    }

    internal Task CancelAsync()
    {
        GrainCancellationToken[] copies;
        ReferenceFactory? sender;
        lock (_gate)
        {
            if (_source.IsCancellationRequested)
            {
                return Task.CompletedTask;
            }

            copies = _copies?.ToArray() ?? [];
            _copies = null;
            sender = _sender;
            _sender = null;
        }

        return copies.Length == 0 && sender is null ? CancelHereAsync() : CancelAllAsync(copies, sender);
    }

    // A callback that throws must not keep the callees from hearing of it.
    private async Task CancelAllAsync(GrainCancellationToken[] copies, ReferenceFactory? sender)
    {
        var cancellations = new List<Task>(copies.Length + 2) { CancelHereAsync() };
        cancellations.AddRange(copies.Select(static copy => copy.CancelInItsTurnsAsync()));
        if (sender is not null)
        {
            cancellations.Add(RemoteTokens.CancelAsync(sender, _id));
        }

        await Task.WhenAll(cancellations);
    }

    private Task CancelHereAsync()
    {
        try
        {
            _source.CancelHere();
            return Task.CompletedTask;
        }
        catch (Exception exception)
        {
            return Task.FromException(exception);
        }
    }

    private Task CancelInItsTurnsAsync()
    {
        if (_activation is not { } activation || ReferenceEquals(activation, GrainExecution.Current))
        {
            return CancelAsync();
        }

        var done = new TaskCompletionSource<Task>(activation.Silo.Cluster.ContinuationOptions);
        activation.QueueAction(() => done.TrySetResult(CancelAsync()));
        return AwaitAsync(done.Task);
    }

    private static async Task AwaitAsync(Task<Task> cancelled) => await await cancelled;

    // Whoever waits holds the source only, and through it what cancels it.
    private sealed class Source(object? original) : CancellationTokenSource
    {
        public object? Original { get; } = original;
    }
}
