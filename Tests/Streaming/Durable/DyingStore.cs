using OrleansFlow.Errors;
using OrleansFlow.Streaming.Objects;

namespace OrleansFlow.Tests.Streaming.Durable;

/// <summary>A store of a process that dies at a moment that a test chooses: from then on nothing of what the process does gets there.</summary>
internal sealed class DyingStore(IObjectStore inner) : IObjectStore
{
    private volatile bool _isDead;

    public string Url => inner.Url;

    /// <summary>Gets the name of what is created conditionally or uploaded next; true: the process dies before it is there.</summary>
    public Func<string, bool> DiesBefore { get; set; } = static _ => false;

    /// <summary>As <see cref="DiesBefore"/>, when it is there but the process does not hear of it.</summary>
    public Func<string, bool> DiesAfter { get; set; } = static _ => false;

    /// <summary>Gets the name of what is uploaded next; true: it fails, and the process lives on.</summary>
    public Func<string, bool> FailsAt { get; set; } = static _ => false;

    /// <summary>Told of all that was created conditionally.</summary>
    public Action<string> Created { get; set; } = static _ => { };

    public ValueTask PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        Check();
        return inner.PutAsync(name, content, cancellationToken);
    }

    public async ValueTask<bool> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        _isDead |= DiesBefore(name);
        Check();
        var isNew = await inner.TryCreateAsync(name, content, cancellationToken);
        _isDead |= DiesAfter(name);
        Check();
        Created(name);
        return isNew;
    }

    public ValueTask<ObjectUpload> UploadAsync(string name, CancellationToken cancellationToken)
    {
        _isDead |= DiesBefore(name);
        Check();
        if (FailsAt(name))
        {
            throw new FlowException(FlowErrorCode.StoreUnavailable, "The store did not answer; the test says so.");
        }

        return inner.UploadAsync(name, cancellationToken);
    }

    public ValueTask<byte[]?> TryGetAsync(string name, int bytesMax, CancellationToken cancellationToken)
    {
        Check();
        return inner.TryGetAsync(name, bytesMax, cancellationToken);
    }

    public ValueTask<Stream> OpenReadAsync(string name, CancellationToken cancellationToken)
    {
        Check();
        return inner.OpenReadAsync(name, cancellationToken);
    }

    public IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancellationToken)
    {
        Check();
        return inner.ListAsync(prefix, cancellationToken);
    }

    public ValueTask DeleteAsync(string name, CancellationToken cancellationToken)
    {
        Check();
        return inner.DeleteAsync(name, cancellationToken);
    }

    public void Dispose() => inner.Dispose();

    private void Check()
    {
        if (_isDead)
        {
            throw new IOException("The process is dead; the test says so.");
        }
    }
}
