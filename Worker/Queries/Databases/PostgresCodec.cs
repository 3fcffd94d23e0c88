using System.Collections.Concurrent;
using System.Text.Json;
using OrleansFlow.Errors;

namespace OrleansFlow.Worker.Queries.Databases;

/// <summary>Reads PostgreSQL tables for tasks, from the databases that the worker's options name.</summary>
internal sealed class PostgresCodec(string workerId, QueryWorkerOptions options) : IPlanCodec, IAsyncDisposable
{
    /// <summary>Name of the nodes.</summary>
    public const string NodeName = "orleansflow.postgres";

    private readonly ConcurrentDictionary<string, Lazy<PostgresDatabase>> _opened = new(StringComparer.OrdinalIgnoreCase);

    public string Name => NodeName;

    public ValueTask<PlanNodeRows?> TryDecodeAsync(string node, ReadOnlyMemory<byte> body, WorkerQueryContext context, CancellationToken cancellationToken)
    {
        if (node != NodeName)
        {
            return ValueTask.FromResult<PlanNodeRows?>(null);
        }

        PostgresRead read;
        try
        {
            read = PostgresRead.Decode(body.Span);
        }
        catch (JsonException exception)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"The plan's node '{NodeName}' is none: {exception.Message}", exception);
        }

        var database = Open(read.Database);
        return ValueTask.FromResult<PlanNodeRows?>(new PlanNodeRows(read.ToSchema(), token => database.ReadAsync(read, token)));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var database in _opened.Values.Where(database => database.IsValueCreated))
        {
            await database.Value.DisposeAsync();
        }
    }

    private PostgresDatabase Open(string name)
    {
        var known = options.Databases.FirstOrDefault(database => database.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value
            ?? throw new FlowException(
                FlowErrorCode.Unsupported,
                $"Worker '{workerId}' does not know the database '{name}'. Add {QueryWorkerOptions.SectionName}:{nameof(QueryWorkerOptions.Databases)}:{name}:ConnectionString there, "
                + "or let the silo read it: OnWorkers = false in its options.");
        return _opened.GetOrAdd(name, _ => new Lazy<PostgresDatabase>(() => new PostgresDatabase(name, known.ConnectionString))).Value;
    }
}
