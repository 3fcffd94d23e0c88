using Google.Protobuf;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Connectors;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <summary>How a streaming text is planned.</summary>
public sealed record StreamPlanOptions
{
    /// <summary>Subtasks of each node that may have several. Default 1. At least 1.</summary>
    public uint Parallelism { get; init; } = 1;

    /// <summary>What tables may name. Default <see cref="KnownConnectors.All"/>.</summary>
    public IReadOnlyList<StreamConnector> Connectors { get; init; } = KnownConnectors.All;

    /// <summary>How long rows of aggregates and joins without a window are kept behind the watermark; <c>SET updating_ttl</c> says otherwise for what follows it. Default 1 day. More than zero.</summary>
    public TimeSpan UpdatingTtl { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Where rows of a query go that inserts nowhere. Default: to the process's output.</summary>
    public StreamOperatorPlan Preview { get; init; } = new(StdoutSink.Kind, null);

    /// <summary>What <see cref="Preview"/> is told where its plan does not say it, by the names of the columns. Default a <see cref="RowSinkConfig"/> with them.</summary>
    public Func<IReadOnlyList<string>, IMessage> PreviewConfig { get; init; } = static names => new RowSinkConfig { Columns = { names } };

    /// <summary>Reads a file that <c>CREATE FUNCTION ... FROM 'path'</c> names; see <see cref="FunctionFiles.Below"/>. Default null: files are not read.</summary>
    public Func<string, byte[]>? ReadFunctionFile { get; init; }
}
