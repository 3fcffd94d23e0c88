using OrleansFlow.Flight;
using OrleansFlow.Flight.Sql;
using OrleansFlow.Rpc;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Gateway;

/// <summary>Reads what the gateway's Flight SQL answers.</summary>
public abstract class FlightSqlTestBase(SiloFixture fixture)
{
    private protected static RpcCallOptions Call => new(CancellationToken: TestContext.Current.CancellationToken);

    private protected RunningSilo Silo => fixture.Silo;

    private protected FlightSqlClient Sql => new(fixture.Silo.Flight);

    private protected async Task<string> RowsAsync(string sql) => await RowsAsync(await Sql.QueryAsync(sql, Call));

    private protected async Task<string> RowsAsync(FlightInfo info) => string.Join(';', await ReadAsync(Assert.Single(info.Endpoints).Ticket));

    private protected async Task<List<string>> ReadAsync(FlightTicket ticket)
    {
        var rows = new List<string>();
        await foreach (var batch in fixture.Silo.Flight.DoGet(ticket, Call))
        {
            using (batch)
            {
                rows.AddRange(Enumerable.Range(0, batch.RowCount).Select(row => string.Join(',', batch.Columns.Select(column => column.GetValue(row)))));
            }
        }

        return rows;
    }
}
