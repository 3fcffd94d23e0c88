using Google.Protobuf;
using OrleansFlow.Arrow;
using OrleansFlow.Flight;
using OrleansFlow.Flight.Sql;
using OrleansFlow.Rpc;

namespace OrleansFlow.Tests.Silo.Support;

/// <summary>Rows of statements, commands and tickets of a gateway as text: columns by commas, rows by semicolons.</summary>
internal sealed class SqlProbe(FlightClient flight)
{
    public FlightSqlClient Sql { get; } = new(flight);

    public FlightClient Flight => flight;

    public static RpcCallOptions Call => new(CancellationToken: TestContext.Current.CancellationToken);

    public static IEnumerable<string> Rows(RecordBatch batch) =>
        Enumerable.Range(0, batch.RowCount).Select(row => string.Join(',', batch.Columns.Select(column => column.GetValue(row))));

    public Task<long> UpdateAsync(string sql) => Sql.UpdateAsync(sql, Call);

    public async Task<string> RowsAsync(string sql) => await RowsAsync(await Sql.QueryAsync(sql, Call));

    public async Task<string> RowsAsync(IMessage command) => await RowsAsync(await Sql.GetInfoAsync(command, Call));

    public Task<string> RowsAsync(FlightInfo info) => RowsAsync(Assert.Single(info.Endpoints).Ticket);

    public async Task<string> RowsAsync(FlightTicket ticket)
    {
        var rows = new List<string>();
        await foreach (var batch in flight.DoGet(ticket, Call))
        {
            using (batch)
            {
                rows.AddRange(Rows(batch));
            }
        }

        return string.Join(';', rows);
    }

    /// <summary>What a step is refused with.</summary>
    public static async Task<RpcException> RefusedAsync(RpcStatusCode code, string reason, Func<Task> stepAsync)
    {
        var failure = await Assert.ThrowsAsync<RpcException>(stepAsync);
        Assert.True(RpcStatusDetails.TryGetErrorInfo(failure.Status, out var info), failure.Message);
        Assert.Equal((code, reason), (failure.Status.Code, info.Reason));
        return failure;
    }
}
