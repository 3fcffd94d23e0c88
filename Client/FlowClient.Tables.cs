using System.Runtime.CompilerServices;
using OrleansFlow.Client.Queries;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Flight.Sql;
using OrleansFlow.Flight.Sql.Protos;
using OrleansFlow.Rpc;

namespace OrleansFlow.Client;

/// <content>What there is to query.</content>
public sealed partial class FlowClient
{
    /// <summary>The tables that statements can name, ordered by their full names.</summary>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <exception cref="FlowException"><c>gateway_unreachable</c>, ...</exception>
    public async IAsyncEnumerable<FlowTable> ListTablesAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var flight = new FlightClient(_channel.Value);
        var call = new RpcCallOptions(CancellationToken: cancellationToken);
        var info = await GuardAsync(() => new FlightSqlClient(flight).GetInfoAsync(new CommandGetTables(), call)).ConfigureAwait(false);
        var batches = flight.DoGet(info.Endpoints[0].Ticket, call).GetAsyncEnumerator(cancellationToken);
        await using var _ = batches.ConfigureAwait(false);
        while (await GuardAsync(async () => await batches.MoveNextAsync().ConfigureAwait(false)).ConfigureAwait(false))
        {
            using var batch = batches.Current;
            for (var row = 0; row < batch.RowCount; row++)
            {
                yield return new FlowTable(Text(0), Text(1), Text(2), Text(3));

                string Text(int column) => batch.Column(column).GetValue(row) as string ?? "";
            }
        }
    }
}
