using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Protocol;
using OrleansFlow.Rpc;

namespace OrleansFlow.Client;

/// <summary>How the rows of a query are fetched.</summary>
public sealed record QueryOptions
{
    /// <summary>Endpoints that are read at the same time. More: more connections' worth of memory, and faster where workers serve them.</summary>
    /// <value>Default 1. Range 1 to 64.</value>
    public int ParallelEndpoints { get; init; } = 1;

    /// <summary>Whether batches come in the order of the endpoints even where the gateway does not promise one; then those behind wait for those before.</summary>
    /// <value>Default true.</value>
    public bool IsOrdered { get; init; } = true;

    /// <summary>
    /// How often an endpoint is read again after its connection was lost, without repeating batches that were given out. Only where the
    /// gateway promises an order, so that the same batches come again.
    /// </summary>
    /// <value>Default 2. Range 0 to 10.</value>
    public int RetriesPerEndpoint { get; init; } = 2;

    /// <summary>How the rows are compressed on their way. LZ4 costs little and pays off on slow networks.</summary>
    /// <value>Default <see cref="IpcCompression.None"/>.</value>
    public IpcCompression Compression { get; init; }

    /// <summary>Whether dictionary columns arrive as columns of their values.</summary>
    /// <value>Default false: they stay dictionaries where their source has them.</value>
    public bool DecodesDictionaries { get; init; }

    /// <summary>Whether the gateway keeps the result, so that its caller can fetch it again by the query's id for some time. Its rows come when all of them are there.</summary>
    /// <value>Default false.</value>
    public bool Keeps { get; init; }

    /// <summary>Options of the query that the silo and its workers declare, by name; the session builders of the workers read them.</summary>
    /// <value>Default none. A name that is not declared fails the query with <c>bad_input</c>.</value>
    public IReadOnlyDictionary<string, string> Config { get; init; } = new Dictionary<string, string>();

    /// <summary>Is told after each batch how far the query is; null for nobody.</summary>
    public IProgress<QueryProgress>? Progress { get; init; }

    /// <summary>The metadata that asks for this; null for none.</summary>
    /// <param name="headers">What goes along with the query; null for nothing.</param>
    internal RpcMetadata? Metadata(IReadOnlyDictionary<string, string>? headers = null)
    {
        var hasForm = Compression != IpcCompression.None || DecodesDictionaries;
        if (!hasForm && !Keeps && headers is not { Count: > 0 } && Config.Count == 0)
        {
            return null;
        }

        var metadata = new RpcMetadata();
        if (hasForm)
        {
            metadata.Add(FlowHeaders.Compression, Compression switch { IpcCompression.Lz4Frame => FlowHeaders.Lz4, IpcCompression.Zstd => FlowHeaders.Zstd, _ => FlowHeaders.None });
            metadata.Add(FlowHeaders.Dictionaries, DecodesDictionaries ? FlowHeaders.Decode : FlowHeaders.Keep);
        }

        if (Keeps)
        {
            metadata.Add(FlowHeaders.KeepResult, FlowHeaders.Yes);
        }

        foreach (var (name, value) in headers ?? new Dictionary<string, string>())
        {
            metadata.Add(FlowHeaders.QueryPrefix + name.ToLowerInvariant(), value);
        }

        foreach (var (name, value) in Config)
        {
            metadata.Add(FlowHeaders.ConfigPrefix + name.ToLowerInvariant(), value);
        }

        return metadata;
    }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ParallelEndpoints, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ParallelEndpoints, 64);
        ArgumentOutOfRangeException.ThrowIfNegative(RetriesPerEndpoint);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(RetriesPerEndpoint, 10);
    }
}

/// <summary>How far a query is.</summary>
/// <param name="Rows">Rows so far.</param>
/// <param name="TotalRows">Rows in all; -1: not known.</param>
/// <param name="EndpointsRead">Endpoints read to their end.</param>
/// <param name="EndpointCount">Endpoints in all.</param>
public readonly record struct QueryProgress(long Rows, long TotalRows, int EndpointsRead, int EndpointCount);
