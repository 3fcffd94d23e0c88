using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Flight;
using OrleansFlow.Flight.Sql;
using OrleansFlow.Flight.Sql.Protos;
using OrleansFlow.Rpc;
using OrleansFlow.Silo.Gateway.Flight;
using OrleansFlow.Silo.Gateway.Sql;
using OrleansFlow.Silo.Hosting;
using OrleansFlow.Silo.Security;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Gateway;

/// <summary>What a statement may not do, what it is told then, and that its engine is there for the next one.</summary>
public sealed class FlightSqlLimitTests(SiloFixture fixture)
{
    private const string Endless = "select range from range(1000000000000)";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ticket_OfAnotherCluster_IsRefused()
    {
        using var otherKey = ClusterKey.CreateEphemeral();
        var tickets = new SqlTickets(
            new SealedBytes(otherKey, TimeProvider.System), fixture.Silo.Host.Services.GetRequiredService<IIdSource>(), Microsoft.Extensions.Options.Options.Create(new FlightGatewayOptions()));
        var foreign = tickets.Endpoint(FlightSqlCommand.Pack(new CommandStatementQuery { Query = "select 1" }).Span, []).Ticket;

        var failure = await SqlProbe.RefusedAsync(RpcStatusCode.InvalidArgument, "bad_input", () => new SqlProbe(fixture.Silo.Flight).RowsAsync(foreign));

        Assert.Contains("was not made by this cluster", failure.Status.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ticket_AfterItsTime_IsRefusedAndCanBeRenewedBefore()
    {
        var clock = new ManualTimeProvider();
        await using var silo = await StartAsync(_ => { }, clock);
        var probe = new SqlProbe(silo.Flight);
        var info = await probe.Sql.QueryAsync("select 1", SqlProbe.Call);
        clock.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal("1", await probe.RowsAsync(info));
        var renewed = await silo.Flight.RenewFlightEndpointAsync(info.Endpoints[0], SqlProbe.Call);
        clock.Advance(TimeSpan.FromMinutes(1));

        var failure = await SqlProbe.RefusedAsync(RpcStatusCode.InvalidArgument, "bad_input", () => probe.RowsAsync(info));

        Assert.Contains("expired", failure.Status.Message, StringComparison.Ordinal);
        await SqlProbe.RefusedAsync(RpcStatusCode.InvalidArgument, "bad_input", () => silo.Flight.RenewFlightEndpointAsync(info.Endpoints[0], SqlProbe.Call));
        Assert.Equal("1", await probe.RowsAsync(renewed.Ticket));
    }

    [Fact]
    public async Task Ticket_OfAnotherKind_IsRefused()
    {
        var plain = FlightTicket.FromText("no ticket");
        var command = new FlightTicket(FlightSqlCommand.Pack(new CommandStatementQuery { Query = "select 1" }));

        foreach (var ticket in (FlightTicket[])[plain, command])
        {
            await SqlProbe.RefusedAsync(RpcStatusCode.InvalidArgument, "bad_input", () => new SqlProbe(fixture.Silo.Flight).RowsAsync(ticket));
        }
    }

    [Fact]
    public async Task SessionsMax_Reached_RefusesTheNextAtOnceWithoutAWait()
    {
        await using var silo = await StartAsync(options => (options.SessionsMax, options.SessionWait) = (1, TimeSpan.Zero));
        var probe = new SqlProbe(silo.Flight);
        var info = await probe.Sql.QueryAsync(Endless, SqlProbe.Call);
        await using (await BeginAsync(silo, info))
        {
            var failure = await SqlProbe.RefusedAsync(RpcStatusCode.ResourceExhausted, "limit_exceeded", () => probe.Sql.QueryAsync("select 1", SqlProbe.Call));
            Assert.Contains("OrleansFlow:Sql:SessionsMax", failure.Status.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task SessionWait_Over_RefusesWhoWaited()
    {
        var clock = new ManualTimeProvider();
        await using var engines = new SqlEngines(Microsoft.Extensions.Options.Options.Create(new SqlGatewayOptions { SessionsMax = 1 }), clock);
        await using var first = await engines.LeaseAsync(Token);
        var second = engines.LeaseAsync(Token);
        clock.Advance(TimeSpan.FromSeconds(30) - TimeSpan.FromTicks(1));
        Assert.False(second.IsCompleted);
        clock.Advance(TimeSpan.FromTicks(1));

        var failure = await Assert.ThrowsAsync<OrleansFlow.Errors.FlowException>(() => second);

        Assert.Equal(OrleansFlow.Errors.FlowErrorCode.LimitExceeded, failure.Code);
    }

    [Fact]
    public async Task SessionWait_TurnThatComesInTime_IsTakenAndAWaiterThatLeftTakesNone()
    {
        await using var engines = new SqlEngines(Microsoft.Extensions.Options.Options.Create(new SqlGatewayOptions { SessionsMax = 1 }), new ManualTimeProvider());
        var first = await engines.LeaseAsync(Token);
        using var leaving = new CancellationTokenSource();
        var left = engines.LeaseAsync(leaving.Token);
        var waiting = engines.LeaseAsync(Token);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        await first.DisposeAsync();

        await (await waiting).DisposeAsync();
    }

    [Fact]
    public async Task TimeLimit_Over_EndsTheStatementAndGivesItsEngineBack()
    {
        var clock = new ManualTimeProvider();
        await using var silo = await StartAsync(options => options.SessionsMax = 1, clock);
        var probe = new SqlProbe(silo.Flight);
        var info = await probe.Sql.QueryAsync(Endless, SqlProbe.Call);
        await using (var batches = await BeginAsync(silo, info))
        {
            clock.Advance(TimeSpan.FromMinutes(10));
            var failure = await SqlProbe.RefusedAsync(RpcStatusCode.DeadlineExceeded, "deadline_exceeded", () => DrainAsync(batches));
            Assert.Contains("OrleansFlow:Sql:TimeLimit", failure.Status.Message, StringComparison.Ordinal);
        }

        Assert.Equal("1", await probe.RowsAsync("select 1"));
    }

    [Fact]
    public async Task MemoryLimit_Beyond_IsSaidAndTheEngineServesTheNext()
    {
        await using var silo = await StartAsync(options => (options.SessionsMax, options.MemoryLimitBytes) = (1, 64L << 20));
        var probe = new SqlProbe(silo.Flight);

        var failure = await SqlProbe.RefusedAsync(
            RpcStatusCode.ResourceExhausted, "limit_exceeded", () => probe.RowsAsync("select length(list(range)::varchar) from range(20000000)"));

        Assert.Contains("OrleansFlow:Sql:MemoryLimitBytes", failure.Status.Message, StringComparison.Ordinal);
        Assert.Equal("1", await probe.RowsAsync("select 1"));
    }

    [Fact]
    public async Task Client_ThatLeavesInTheMiddle_GivesTheEngineBack()
    {
        await using var silo = await StartAsync(options => options.SessionsMax = 1);
        var probe = new SqlProbe(silo.Flight);
        for (var round = 0; round < 5; round++)
        {
            var info = await probe.Sql.QueryAsync(Endless, SqlProbe.Call);
            await using (await BeginAsync(silo, info))
            {
                // Leaves with the first batch.
            }
        }

        Assert.Equal("1", await probe.RowsAsync("select 1"));
    }

    [Fact]
    public async Task Client_ThatLeavesBeforeTheFirstRow_GivesTheEngineBack()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var silo = await RunningSilo.StartAsync(options => (options.WorkerSlots, options.ConfigureServices) = (0, services =>
        {
            services.Configure<SqlGatewayOptions>(sql => sql.SessionsMax = 1);
            services.AddSingleton<ISqlExecutor>(provider => new SignallingExecutor(ActivatorUtilities.CreateInstance<LocalSqlExecutor>(provider), begun));
        }));
        var probe = new SqlProbe(silo.Flight);
        var info = await probe.Sql.QueryAsync("select count(*) from range(1000000) a, range(1000000) b where a.range * b.range % 7 = 8", SqlProbe.Call);
        using (var leaving = new CancellationTokenSource())
        {
            var reading = silo.Flight.DoGet(info.Endpoints[0].Ticket, new RpcCallOptions(CancellationToken: leaving.Token)).GetSchemaAsync(Token);
            await begun.Task.WaitAsync(Token);
            await leaving.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        }

        Assert.Equal("1", await probe.RowsAsync("select 1"));
    }

    [Fact]
    public async Task Statement_ThatFailsInTheMiddle_SaysWhyAfterTheGoodRowsAndGivesTheEngineBack()
    {
        await using var silo = await StartAsync(options => options.SessionsMax = 1);
        var probe = new SqlProbe(silo.Flight);
        var info = await probe.Sql.QueryAsync("select case when range < 300000 then range else error('row ' || range) end from range(1000000)", SqlProbe.Call);
        await using (var batches = await BeginAsync(silo, info))
        {
            var failure = await SqlProbe.RefusedAsync(RpcStatusCode.InvalidArgument, "engine_error", () => DrainAsync(batches));
            Assert.Contains("row 300000", failure.Status.Message, StringComparison.Ordinal);
        }

        Assert.Equal("1", await probe.RowsAsync("select 1"));
    }

    [Fact]
    public async Task PreparedMax_Reached_LetsTheOneUnusedTheLongestGo()
    {
        await using var silo = await StartAsync(options => options.PreparedMax = 2);
        var probe = new SqlProbe(silo.Flight);
        var first = await probe.Sql.PrepareAsync("select 1", SqlProbe.Call);
        var second = await probe.Sql.PrepareAsync("select 2", SqlProbe.Call);
        Assert.Equal("1", await probe.RowsAsync(await first.QueryAsync(SqlProbe.Call)));
        var third = await probe.Sql.PrepareAsync("select 3", SqlProbe.Call);

        var failure = await SqlProbe.RefusedAsync(RpcStatusCode.NotFound, "not_found", () => second.QueryAsync(SqlProbe.Call));

        Assert.Contains("OrleansFlow:Sql:PreparedMax", failure.Status.Message, StringComparison.Ordinal);
        using var values = NumbersHandler.Batch(0, 1);
        await SqlProbe.RefusedAsync(RpcStatusCode.NotFound, "not_found", () => second.BindAsync(values, SqlProbe.Call));
        await SqlProbe.RefusedAsync(RpcStatusCode.NotFound, "not_found", () => second.UpdateAsync(null, SqlProbe.Call));
        Assert.Equal("1;3", $"{await probe.RowsAsync(await first.QueryAsync(SqlProbe.Call))};{await probe.RowsAsync(await third.QueryAsync(SqlProbe.Call))}");
    }

    [Fact]
    public async Task Parameters_BeyondTheirLimitOrOfManyRows_AreRefused()
    {
        await using var silo = await StartAsync(options => options.ParameterBytesMax = 1024);
        var statement = await new SqlProbe(silo.Flight).Sql.PrepareAsync("select $1", SqlProbe.Call);
        using var many = NumbersHandler.Batch(0, 1_000);
        using var two = NumbersHandler.Batch(0, 2);

        await SqlProbe.RefusedAsync(RpcStatusCode.ResourceExhausted, "limit_exceeded", () => statement.BindAsync(many, SqlProbe.Call));
        await statement.BindAsync(two, SqlProbe.Call);
        await SqlProbe.RefusedAsync(
            RpcStatusCode.InvalidArgument, "bad_input", async () => await new SqlProbe(silo.Flight).RowsAsync(await statement.QueryAsync(SqlProbe.Call)));
    }

    [Fact]
    public async Task Commands_InsideATransaction_AreRefused()
    {
        var id = ByteString.CopyFromUtf8("t");
        var probe = new SqlProbe(fixture.Silo.Flight);
        await RefusedAsync(() => probe.Sql.GetInfoAsync(new CommandStatementQuery { Query = "select 1", TransactionId = id }, SqlProbe.Call));
        await RefusedAsync(() => PutAsync(new CommandStatementUpdate { Query = "create table in_transaction as select 1", TransactionId = id }));
        await RefusedAsync(() => PutAsync(new CommandStatementIngest { Table = "in_transaction", TransactionId = id }));
        await RefusedAsync(async () =>
        {
            var body = FlightSqlCommand.Pack(new ActionCreatePreparedStatementRequest { Query = "select 1", TransactionId = id });
            await foreach (var _ in probe.Flight.DoActionAsync(new FlightAction(FlightSqlActions.CreatePreparedStatement, body), SqlProbe.Call))
            {
                Assert.Fail("Nothing was prepared.");
            }
        });

        static async Task RefusedAsync(Func<Task> stepAsync) => Assert.Contains(
            "no transactions", (await SqlProbe.RefusedAsync(RpcStatusCode.Unimplemented, "unsupported", stepAsync)).Status.Message, StringComparison.Ordinal);

        async Task PutAsync(IMessage command)
        {
            await using var writer = await probe.Flight.DoPutAsync(FlightSqlCommand.Describe(command), NumbersHandler.Schema, SqlProbe.Call);
            await writer.CompleteAsync();
            await foreach (var _ in writer.ReadResultsAsync(Token))
            {
                Assert.Fail("Nothing was taken.");
            }
        }
    }

    private static Task<RunningSilo> StartAsync(Action<SqlGatewayOptions> configure, TimeProvider? clock = null) => RunningSilo.StartAsync(options =>
    {
        (options.WorkerSlots, options.Clock) = (0, clock ?? TimeProvider.System);
        options.ConfigureServices = services => services.Configure(configure);
    });

    /// <summary>Reads the first batch.</summary>
    private static async Task<IAsyncEnumerator<RecordBatch>> BeginAsync(RunningSilo silo, FlightInfo info)
    {
        var batches = silo.Flight.DoGet(info.Endpoints[0].Ticket, SqlProbe.Call).GetAsyncEnumerator(Token);
        Assert.True(await batches.MoveNextAsync());
        batches.Current.Dispose();
        return batches;
    }

    private static async Task DrainAsync(IAsyncEnumerator<RecordBatch> batches)
    {
        while (await batches.MoveNextAsync())
        {
            batches.Current.Dispose();
        }
    }

    /// <summary>Tells when the first query is started.</summary>
    private sealed class SignallingExecutor(ISqlExecutor inner, TaskCompletionSource begun) : ISqlExecutor
    {
        public Task<StatementShape> DescribeAsync(string sql, CancellationToken cancellationToken) => inner.DescribeAsync(sql, cancellationToken);

        public bool IsRepeatable => inner.IsRepeatable;

        public Task<FlightStream> QueryAsync(string sql, IReadOnlyList<object?> parameters, SqlTable? input, SqlCaller caller, CancellationToken cancellationToken)
        {
            var query = inner.QueryAsync(sql, parameters, input, caller, cancellationToken);
            begun.TrySetResult();
            return query;
        }

        public Task<long> UpdateAsync(string sql, IReadOnlyList<IReadOnlyList<object?>> rows, CancellationToken cancellationToken) => inner.UpdateAsync(sql, rows, cancellationToken);
    }
}
