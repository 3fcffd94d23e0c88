using OrleansFlow.Errors;
using OrleansFlow.Streaming.Objects;

namespace OrleansFlow.Tests.Streaming.State;

/// <summary>A store whose operations fail from one of them on, as those of a process that is cut off from it.</summary>
internal sealed class FaultyStore(IObjectStore inner) : IObjectStore
{
    private int _left = int.MaxValue;

    public string Url => inner.Url;

    /// <summary>The operation of this number, from now on, and all later ones fail. 1 is the next one.</summary>
    public void FailsFrom(int operation) => _left = operation - 1;

    public void Heal() => _left = int.MaxValue;

    /// <summary>Runs before an object is created conditionally or deleted; gets its name.</summary>
    public Func<string, Task> Before { get; set; } = _ => Task.CompletedTask;

    public ValueTask PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        Count();
        return inner.PutAsync(name, content, cancellationToken);
    }

    public async ValueTask<bool> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        Count();
        await Before(name);
        return await inner.TryCreateAsync(name, content, cancellationToken);
    }

    public ValueTask<ObjectUpload> UploadAsync(string name, CancellationToken cancellationToken)
    {
        Count();
        return inner.UploadAsync(name, cancellationToken);
    }

    public ValueTask<byte[]?> TryGetAsync(string name, int bytesMax, CancellationToken cancellationToken)
    {
        Count();
        return inner.TryGetAsync(name, bytesMax, cancellationToken);
    }

    public ValueTask<Stream> OpenReadAsync(string name, CancellationToken cancellationToken)
    {
        Count();
        return inner.OpenReadAsync(name, cancellationToken);
    }

    public IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancellationToken)
    {
        Count();
        return inner.ListAsync(prefix, cancellationToken);
    }

    public async ValueTask DeleteAsync(string name, CancellationToken cancellationToken)
    {
        Count();
        await Before(name);
        await inner.DeleteAsync(name, cancellationToken);
    }

    public void Dispose() => inner.Dispose();

    private void Count()
    {
        if (_left-- <= 0)
        {
            throw new FlowException(FlowErrorCode.StoreUnavailable, "The test cut the store off.");
        }
    }
}
