using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Arrow;
using OrleansFlow.Flight;
using OrleansFlow.Flight.Sql;
using OrleansFlow.Flight.Sql.Protos;
using OrleansFlow.Rpc;
using OrleansFlow.Silo.Gateway.Flight;
using OrleansFlow.Silo.Gateway.Sql;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Gateway;

/// <summary>DoExchange at the gateway: batches in, the rows of a statement over them out.</summary>
public sealed class FlightExchangeTests(SiloFixture fixture)
{
    private static RpcCallOptions Call => new(CancellationToken: TestContext.Current.CancellationToken);

    [Fact]
    public async Task DoExchange_PathWithAStatement_AnswersWithItsRowsOverTheSentBatches() =>
        Assert.Equal("30,435", await ExchangeAsync(fixture.Silo, Statement("select count(*), sum(n)::bigint from input"), (0, 10), (10, 20)));

    [Fact]
    public async Task DoExchange_CommandStatementQuery_JoinsTheSentBatchesWithATable()
    {
        await new FlightSqlClient(fixture.Silo.Flight).UpdateAsync("create table exchange_names as select range as n, 'name ' || range as name from range(5)", Call);
        var command = FlightSqlCommand.Describe(new CommandStatementQuery { Query = "select input.n, name from input join exchange_names using (n) order by n" });

        Assert.Equal("3,name 3;4,name 4", await ExchangeAsync(fixture.Silo, command, (3, 10)));
    }

    [Fact]
    public async Task DoExchange_StatementThatReadsTheInputTwice_SeesAllOfItTwice() =>
        Assert.Equal("16", await ExchangeAsync(fixture.Silo, Statement("select count(*) from input a, input b"), (0, 4)));

    [Fact]
    public async Task DoExchange_RegisteredTableNamedInput_IsHidden()
    {
        await using var silo = await RunningSilo.StartAsync(options => options.WorkerSlots = 0);
        await new FlightSqlClient(silo.Flight).UpdateAsync("create table Input as select 'registered' as n", Call);

        Assert.Equal("7", await ExchangeAsync(silo, Statement("select n from flow.main.input"), (7, 1)));
        Assert.Equal("registered", string.Join(';', await RowsAsync(silo, "select n from input")));
    }

    [Fact]
    public async Task DoExchange_WithoutAnyBatch_GivesTheStatementNoRows() =>
        Assert.Equal("0", await ExchangeAsync(fixture.Silo, Statement("select count(*) from input")));

    [Theory]
    [InlineData("select * from no_such_table", RpcStatusCode.InvalidArgument)]
    [InlineData("create table t as select * from input", RpcStatusCode.InvalidArgument)]
    [InlineData("set threads = 4", RpcStatusCode.Unimplemented)]
    [InlineData("  ", RpcStatusCode.InvalidArgument)]
    public async Task DoExchange_StatementThatCannotRun_IsRefused(string sql, RpcStatusCode code) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<RpcException>(() => ExchangeAsync(fixture.Silo, Statement(sql), (0, 1)))).Status.Code);

    [Fact]
    public async Task DoExchange_DescriptorWithoutAStatement_SaysWhatToSend()
    {
        foreach (var descriptor in new[] { FlightDescriptor.ForPath("uploads", "x"), FlightDescriptor.ForCommand("select 1"), FlightSqlCommand.Describe(new CommandGetCatalogs()) })
        {
            var failure = await Assert.ThrowsAsync<RpcException>(() => ExchangeAsync(fixture.Silo, descriptor, (0, 1)));
            Assert.Equal(RpcStatusCode.InvalidArgument, failure.Status.Code);
            Assert.Contains("[\"exchange\", SQL]", failure.Status.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task DoExchange_MoreThanTheLimit_IsRefusedWithTheOptionToRaise()
    {
        await using var silo = await StartAsync(services => services.Configure<FlightGatewayOptions>(options => options.UploadBytesMax = 1024));

        var failure = await Assert.ThrowsAsync<RpcException>(() => ExchangeAsync(silo, Statement("select count(*) from input"), (0, 1_000)));

        Assert.Equal(RpcStatusCode.ResourceExhausted, failure.Status.Code);
        Assert.Contains("OrleansFlow:Flight:UploadBytesMax", failure.Status.Message, StringComparison.Ordinal);
        Assert.Equal("1", await ExchangeAsync(silo, Statement("select count(*) from input"), (0, 1)));
    }

    [Fact]
    public async Task DoExchange_ClientThatLeaves_GivesTheEngineBackAndLeavesNoFile()
    {
        await using var silo = await StartAsync(services => services.Configure<SqlGatewayOptions>(options => options.SessionsMax = 1));
        var exchange = await silo.Flight.DoExchangeAsync(Statement("select a.n from input a, input b, input c, input d"), NumbersHandler.Schema, Call);
        using (var batch = NumbersHandler.Batch(0, 1_000))
        {
            await exchange.WriteAsync(batch, cancellationToken: TestContext.Current.CancellationToken);
        }

        await exchange.CompleteAsync();
        await foreach (var element in exchange.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            element.Batch?.Dispose();
            break;
        }

        await exchange.DisposeAsync();

        // There is one engine only.
        Assert.Equal("1", await ExchangeAsync(silo, Statement("select count(*) from input"), (0, 1)));
        await silo.Host.StopAsync(TestContext.Current.CancellationToken);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(silo.DataFolder, "spool")));
    }

    private static FlightDescriptor Statement(string sql) => FlightDescriptor.ForPath("exchange", sql);

    private static Task<RunningSilo> StartAsync(Action<IServiceCollection> configure) =>
        RunningSilo.StartAsync(options => (options.WorkerSlots, options.ConfigureServices) = (0, configure));

    private static async Task<string> ExchangeAsync(RunningSilo silo, FlightDescriptor descriptor, params (int First, int Count)[] batches)
    {
        await using var exchange = await silo.Flight.DoExchangeAsync(descriptor, NumbersHandler.Schema, Call);
        try
        {
            foreach (var (first, count) in batches)
            {
                using var batch = NumbersHandler.Batch(first, count);
                await exchange.WriteAsync(batch, cancellationToken: TestContext.Current.CancellationToken);
            }

            await exchange.CompleteAsync();
        }
        catch (RpcException)
        {
            // The reading says the same.
        }

        var rows = new List<string>();
        await foreach (var element in exchange.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            using var batch = element.Batch!;
            rows.AddRange(Rows(batch));
        }

        return string.Join(';', rows);
    }

    private static async Task<List<string>> RowsAsync(RunningSilo silo, string sql)
    {
        var rows = new List<string>();
        await foreach (var batch in silo.Client.QueryAsync(sql, cancellationToken: TestContext.Current.CancellationToken))
        {
            using (batch)
            {
                rows.AddRange(Rows(batch));
            }
        }

        return rows;
    }

    private static IEnumerable<string> Rows(RecordBatch batch) =>
        Enumerable.Range(0, batch.RowCount).Select(row => string.Join(',', batch.Columns.Select(column => column.GetValue(row))));
}
