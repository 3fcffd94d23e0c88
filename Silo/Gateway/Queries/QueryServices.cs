using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Queries;
using OrleansFlow.Silo.Gateway.Sql;
using OrleansFlow.Tasks;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>Body of the actions about one query.</summary>
internal sealed record QueryBody(string? QueryId, string? Reason);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(QueryBody))]
[JsonSerializable(typeof(QueryStatus))]
internal sealed partial class QueryServicesJson : JsonSerializerContext;

/// <summary>The Flight actions that list, watch and cancel queries on workers. A caller sees the queries of its tenant.</summary>
internal sealed class QueryServices(QueryListing listing, IOptions<DistributedQueryOptions> options, TimeProvider clock)
{
    public const string List = "list-queries";
    public const string Watch = "watch-query";
    public const string Cancel = "cancel-query";

    private readonly TimeSpan _checkInterval = options.Value.CheckInterval;

    /// <summary>What there is, for listings.</summary>
    public static IReadOnlyList<FlightActionType> Types { get; } =
    [
        new(List, "Lists the queries of the caller's tenant that run on workers or wait for it. No body. Results: one JSON object for each."),
        new(Watch, "Says where a query stands, at once and whenever that changes, until it has ended. Body: JSON {\"query_id\": TEXT}. Results: JSON objects."),
        new(Cancel, "Ends a query wherever it runs or waits. Body: JSON {\"query_id\": TEXT, \"reason\": TEXT}. No result."),
    ];

    /// <summary>Whose call it is.</summary>
    public SqlCaller CallerOf(Rpc.RpcServerContext context) => SqlCaller.Of(context, options.Value);

    /// <summary>Runs an action; null: it is none of these.</summary>
    public IAsyncEnumerable<ReadOnlyMemory<byte>>? TryRunAsync(FlightAction action, SqlCaller caller, CancellationToken cancellationToken) => action.Type switch
    {
        List => ListAsync(caller, cancellationToken),
        Watch => WatchAsync(Read(action).Id, caller, cancellationToken),
        Cancel => CancelAsync(Read(action), caller, cancellationToken),
        _ => null,
    };

    private static (string Id, string Reason) Read(FlightAction action)
    {
        QueryBody? body = null;
        try
        {
            body = JsonSerializer.Deserialize(action.Body.Span, QueryServicesJson.Default.QueryBody);
        }
        catch (JsonException)
        {
            // Said below.
        }

        return body?.QueryId is { } id && IdText.IsValid(id)
            ? (id, body.Reason ?? "")
            : throw new FlowException(FlowErrorCode.BadInput, $"The body of {action.Type} is not JSON {{\"query_id\": TEXT}} with the id of a query.");
    }

    private static ReadOnlyMemory<byte> Write(QueryStatus status) => JsonSerializer.SerializeToUtf8Bytes(status, QueryServicesJson.Default.QueryStatus);

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> ListAsync(SqlCaller caller, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var status in await listing.ListAsync(caller, cancellationToken))
        {
            yield return Write(status);
        }
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> CancelAsync(
        (string Id, string Reason) query, SqlCaller caller, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await listing.CancelAsync(query.Id, query.Reason, caller, cancellationToken);
        yield break;
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> WatchAsync(string id, SqlCaller caller, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> said = default;
        var isKnown = false;
        while (true)
        {
            var status = await listing.FindAsync(id, caller, cancellationToken);
            if (status is null && isKnown)
            {
                // Its silo has forgotten it: it has ended, and how is not known any more.
                yield break;
            }

            isKnown |= status is not null;
            var bytes = Write(status ?? new QueryStatus { QueryId = id, State = QueryStatus.Pending });
            if (!bytes.Span.SequenceEqual(said.Span))
            {
                said = bytes;
                yield return bytes;
            }

            if (status is { IsOver: true })
            {
                yield break;
            }

            await Task.Delay(_checkInterval, clock, cancellationToken);
        }
    }
}
