namespace Orleans.Embedded;

/// <summary>A sequence that a grain answers with.</summary>
internal interface IGrainEnumerable
{
    int MaxBatchSize { get; set; }
}

/// <summary>A call whose answer is a sequence. Generated code derives one class for each method. Each reading is a call of its own.</summary>
/// <typeparam name="T">The element.</typeparam>
public abstract partial class GrainEnumerable<T> : IAsyncEnumerable<T>, IGrainEnumerable
{
    private CancellationToken _methodToken;

    /// <summary>Creates a call; for generated code.</summary>
    protected GrainEnumerable()
    {
    }

    /// <summary>What is constant about the method.</summary>
    public abstract GrainMethod Method { get; }

    int IGrainEnumerable.MaxBatchSize { get; set; } = 100;

    internal EmbeddedGrainReference Reference { get; private set; } = null!;

    internal int MaxBatchSize => ((IGrainEnumerable)this).MaxBatchSize;

    /// <summary>How many arguments there are, cancellation tokens not counted.</summary>
    /// <returns>The number.</returns>
    public virtual int GetArgumentCount() => 0;

    /// <summary>An argument.</summary>
    /// <param name="index">Its position, from 0.</param>
    /// <returns>The argument.</returns>
    public virtual object? GetArgument(int index) => throw new ArgumentOutOfRangeException(nameof(index));

    /// <summary>Replaces an argument.</summary>
    /// <param name="index">Its position, from 0.</param>
    /// <param name="value">The new argument.</param>
    public virtual void SetArgument(int index, object? value) => throw new ArgumentOutOfRangeException(nameof(index));

    /// <inheritdoc/>
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        new GrainEnumerator<T>(this, _methodToken, cancellationToken);

    internal void Bind(EmbeddedGrainReference reference, CancellationToken methodToken)
    {
        Reference = reference;
        _methodToken = methodToken;
    }

    internal IAsyncEnumerable<T> Start(object target, CancellationToken cancellationToken) => Run(target, cancellationToken);

    /// <summary>Calls the method.</summary>
    /// <param name="target">The grain.</param>
    /// <param name="cancellationToken">The token the callee sees.</param>
    /// <returns>The method's own sequence.</returns>
    protected abstract IAsyncEnumerable<T> Run(object target, CancellationToken cancellationToken);
}

/// <summary>Reads a grain's sequence, batch by batch.</summary>
internal sealed class GrainEnumerator<T> : IAsyncEnumerator<T>
{
    private readonly GrainEnumerable<T> _enumerable;
    private readonly CancellationTokenSource? _linked;
    private readonly CancellationToken _cancellationToken;
    private EnumerationSession<T>? _session;
    private EnumerationBatch<T> _batch;
    private int _index = -1;

    public GrainEnumerator(GrainEnumerable<T> enumerable, CancellationToken methodToken, CancellationToken readerToken)
    {
        _enumerable = enumerable;
        if (methodToken.CanBeCanceled && readerToken.CanBeCanceled && methodToken != readerToken)
        {
            _linked = CancellationTokenSource.CreateLinkedTokenSource(methodToken, readerToken);
            _cancellationToken = _linked.Token;
        }
        else
        {
            _cancellationToken = methodToken.CanBeCanceled ? methodToken : readerToken;
        }
    }

    public T Current => _batch.Items[_index];

    public ValueTask<bool> MoveNextAsync()
    {
        if (_batch.Items is { } items && _index + 1 < items.Count)
        {
            _cancellationToken.ThrowIfCancellationRequested();
            _index++;
            return new ValueTask<bool>(true);
        }

        return _batch.IsLast ? new ValueTask<bool>(false) : NextBatchAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _linked?.Dispose();
        if (_session is not { } session || _batch.IsLast)
        {
            return;
        }

        _batch = new EnumerationBatch<T>([], IsLast: true);
        try
        {
            await _enumerable.Reference.CallInternal(new EndEnumerationRequest<T>(session), CancellationToken.None);
        }
        catch (Exception exception) when (exception is TimeoutException or SiloUnavailableException or EnumerationAbortedException)
        {
            // The reader leaves anyway; what it leaves is already gone, or ends by its own token.
        }
    }

    private async ValueTask<bool> NextBatchAsync()
    {
        _session ??= new EnumerationSession<T>(_enumerable);
        try
        {
            _batch = await _enumerable.Reference.CallInternal(new EnumerationRequest<T>(_session), _cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // A failed enumeration has nothing left to dispose on the other side.
            _batch = new EnumerationBatch<T>([], IsLast: true);
            throw;
        }

        _index = 0;
        return _batch.Items.Count > 0;
    }
}

/// <summary>Some elements.</summary>
internal readonly record struct EnumerationBatch<T>(List<T> Items, bool IsLast);
