using System.Security.Cryptography;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Objects;

namespace OrleansFlow.Streaming.Udfs;

/// <summary>Contents of functions by their hash: fetched once, kept while there is room, the one that was not used for longest leaving first. Thread-safe.</summary>
/// <param name="keptBytesMax">Bytes that are kept. Default 64 MiB. 0: nothing is.</param>
/// <param name="openStore">Opens a store. Default <see cref="ObjectStores.Open"/>.</param>
public sealed class FunctionContents(long keptBytesMax = FunctionContents.KeptBytesDefault, Func<string, IObjectStore>? openStore = null)
{
    /// <summary>Bytes that are kept where nobody says otherwise.</summary>
    public const long KeptBytesDefault = 64 * 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<(string Hash, byte[] Content)>> _kept = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Hash, byte[] Content)> _byUse = new();
    private long _keptBytes;

    /// <summary>Bytes that are kept now.</summary>
    public long KeptBytes
    {
        get
        {
            lock (_gate)
            {
                return _keptBytes;
            }
        }
    }

    /// <summary>The content of a function, whose hash is that of the program.</summary>
    /// <param name="function">The function.</param>
    /// <param name="bytesMax">Most bytes of it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The bytes, which others read, too.</returns>
    /// <exception cref="FlowException">It has another hash, is too long, or is not there (<see cref="FlowErrorCode.BadFunction"/>); the store cannot be reached (<see cref="FlowErrorCode.StoreUnavailable"/>).</exception>
    public async ValueTask<byte[]> GetAsync(UserFunction function, int bytesMax, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(function);
        if (function.ContentHash.Length != SHA256.HashSizeInBytes)
        {
            throw FunctionSignature.Bad(function, $"its content hash has {function.ContentHash.Length} bytes; a SHA-256 has {SHA256.HashSizeInBytes}");
        }

        var hash = Convert.ToHexStringLower(function.ContentHash.Span);
        if (TryTake(hash) is { } known)
        {
            return known;
        }

        var content = function.Content.IsEmpty && function.ContentUrl.Length > 0 ? await FetchAsync(function, bytesMax, cancellationToken) : function.Content.ToByteArray();
        if (content.Length > bytesMax)
        {
            throw FunctionSignature.Bad(function, $"its content has {content.Length} bytes; {bytesMax} are taken");
        }

        var found = Convert.ToHexStringLower(SHA256.HashData(content));
        if (found != hash)
        {
            throw FunctionSignature.Bad(function, $"its content has the SHA-256 {found}, and the program says {hash}: it was changed since. Hand the job in again");
        }

        Keep(hash, content);
        return content;
    }

    private byte[]? TryTake(string hash)
    {
        lock (_gate)
        {
            if (!_kept.TryGetValue(hash, out var node))
            {
                return null;
            }

            _byUse.Remove(node);
            _byUse.AddLast(node);
            return node.Value.Content;
        }
    }

    private void Keep(string hash, byte[] content)
    {
        lock (_gate)
        {
            if (content.Length > keptBytesMax || _kept.ContainsKey(hash))
            {
                return;
            }

            _kept[hash] = _byUse.AddLast((hash, content));
            _keptBytes += content.Length;
            while (_keptBytes > keptBytesMax)
            {
                var oldest = _byUse.First!.Value;
                _byUse.RemoveFirst();
                _kept.Remove(oldest.Hash);
                _keptBytes -= oldest.Content.Length;
            }
        }
    }

    private async ValueTask<byte[]> FetchAsync(UserFunction function, int bytesMax, CancellationToken cancellationToken)
    {
        var cut = function.ContentUrl.LastIndexOf('/');
        var name = cut < 0 ? "" : function.ContentUrl[(cut + 1)..];
        if (name.Length == 0)
        {
            throw FunctionSignature.Bad(function, $"'{function.ContentUrl}' names no object; it is file:///folder/name or s3://bucket/name");
        }

        try
        {
            var folder = function.ContentUrl[..cut];
            using var store = openStore?.Invoke(folder) ?? ObjectStores.Open(folder);
            return await store.TryGetAsync(name, bytesMax, cancellationToken)
                ?? throw FunctionSignature.Bad(function, $"there is no object '{function.ContentUrl}'");
        }
        catch (FlowException exception) when (exception.Code is not (FlowErrorCode.BadFunction or FlowErrorCode.StoreUnavailable))
        {
            throw FunctionSignature.Bad(function, $"'{function.ContentUrl}' cannot be read: {exception.Message}", exception);
        }
    }
}
