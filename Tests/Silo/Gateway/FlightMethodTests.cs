using System.Text;
using OrleansFlow.Flight;
using OrleansFlow.Flight.Sql;
using OrleansFlow.Flight.Sql.Protos;
using OrleansFlow.Rpc;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Gateway;

/// <summary>The methods of Flight at the gateway that have no other class of tests.</summary>
public sealed class FlightMethodTests(SiloFixture fixture)
{
    private const string Token = "handshake-0123456789abcdef";

    private SqlProbe Probe => new(fixture.Silo.Flight);

    [Fact]
    public async Task Handshake_WithAUsersPassword_GivesABearerTokenForTheCallsToCome()
    {
        await using var silo = await RunningSilo.StartAsync(options => (options.WorkerSlots, options.Token) = (0, Token));
        await using var bare = RpcChannel.ForAddress(silo.Host.Endpoints.GrpcUrl);
        var flight = new FlightClient(bare);
        var (payload, authorization) = await flight.HandshakeAsync(
            options: With("authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"anybody:{Token}"))));

        Assert.Equal("Bearer " + Encoding.UTF8.GetString(payload.Span), authorization);
        Assert.DoesNotContain(Token, authorization, StringComparison.Ordinal);
        Assert.NotEmpty((await new FlightSqlClient(flight).QueryAsync("select 1", With("authorization", authorization!))).Endpoints);
    }

    [Fact]
    public async Task Handshake_WithoutAGoodToken_IsUnauthenticated()
    {
        await using var silo = await RunningSilo.StartAsync(options => (options.WorkerSlots, options.Token) = (0, Token));
        await using var bare = RpcChannel.ForAddress(silo.Host.Endpoints.GrpcUrl);

        foreach (var call in (RpcCallOptions[])[SqlProbe.Call, With("authorization", "Bearer wrong"), With("authorization", "Basic " + Convert.ToBase64String("a:b"u8))])
        {
            await SqlProbe.RefusedAsync(RpcStatusCode.Unauthenticated, "unauthenticated", () => new FlightClient(bare).HandshakeAsync(options: call));
        }
    }

    [Fact]
    public async Task Handshake_WhereNoTokenIsNeeded_GivesNoneThatOpensAnything()
    {
        var (payload, authorization) = await Probe.Flight.HandshakeAsync(options: SqlProbe.Call);

        Assert.Equal(("none-needed", "Bearer none-needed"), (Encoding.UTF8.GetString(payload.Span), authorization));
    }

    [Fact]
    public async Task GetFlightInfo_OfNoDescriptor_IsInvalidArgument() => Assert.Equal(
        RpcStatusCode.InvalidArgument,
        (await Assert.ThrowsAsync<RpcException>(() => Probe.Flight.GetFlightInfoAsync(FlightDescriptor.ForCommand("no any"), SqlProbe.Call))).Status.Code);

    [Fact]
    public async Task PollFlightInfo_OfARunningNode_IsNotFoundUntilItIsComplete()
    {
        var run = await fixture.Silo.Client.SubmitGraphAsync(
            """{"name":"poll","nodes":[{"id":"scan","role":"numbers","params":{"batches":1,"rows":3}}]}""", cancellationToken: TestContext.Current.CancellationToken);
        await fixture.Silo.Client.WaitForRunAsync(run, TestContext.Current.CancellationToken);

        var poll = await Probe.Flight.PollFlightInfoAsync(FlightDescriptor.ForPath(run.Value, "scan"), SqlProbe.Call);

        Assert.Equal((1.0, null, 3L), (poll.Progress, poll.Next, poll.Info!.TotalRecords));
        await SqlProbe.RefusedAsync(
            RpcStatusCode.NotFound, "not_found", () => Probe.Flight.PollFlightInfoAsync(FlightDescriptor.ForPath(run.Value, "other"), SqlProbe.Call));
    }

    [Fact]
    public async Task GetSchema_OfACommandAndOfAStatementWithoutRows_SaysColumnsOrWhyNot()
    {
        Assert.Equal(FlightSqlSchemas.Catalogs, await Probe.Flight.GetSchemaAsync(FlightSqlCommand.Describe(new CommandGetCatalogs()), SqlProbe.Call));
        await SqlProbe.RefusedAsync(
            RpcStatusCode.InvalidArgument,
            "bad_input",
            () => Probe.Flight.GetSchemaAsync(FlightSqlCommand.Describe(new CommandStatementQuery { Query = "create table t as select 1" }), SqlProbe.Call));
    }

    [Fact]
    public async Task DoPut_OfACommandThatTakesNoData_IsUnsupported() => await SqlProbe.RefusedAsync(RpcStatusCode.Unimplemented, "unsupported", async () =>
    {
        await using var writer = await Probe.Flight.DoPutAsync(FlightSqlCommand.Describe(new CommandGetCatalogs()), NumbersHandler.Schema, SqlProbe.Call);
        await writer.CompleteAsync();
        await foreach (var _ in writer.ReadResultsAsync(TestContext.Current.CancellationToken))
        {
            Assert.Fail("Nothing was taken.");
        }
    });

    [Fact]
    public async Task DoAction_WithABodyThatIsNoMessage_IsInvalidArgument()
    {
        foreach (var type in (string[])[FlightSqlActions.CreatePreparedStatement, FlightSqlActions.ClosePreparedStatement, FlightSqlActions.CancelFlightInfo, FlightSqlActions.RenewFlightEndpoint])
        {
            var failure = await Assert.ThrowsAsync<RpcException>(async () =>
            {
                await foreach (var _ in Probe.Flight.DoActionAsync(new FlightAction(type, new byte[] { 0xff, 0xff, 0xff }), SqlProbe.Call))
                {
                    Assert.Fail("Nothing was done.");
                }
            });
            Assert.Equal((type, RpcStatusCode.InvalidArgument), (type, failure.Status.Code));
        }
    }

    [Fact]
    public async Task ListActions_NamesEveryActionThatDoActionKnows()
    {
        var types = new List<string>();
        await foreach (var type in Probe.Flight.ListActionsAsync(SqlProbe.Call))
        {
            Assert.NotEmpty(type.Description);
            types.Add(type.Type);
        }

        foreach (var type in types)
        {
            var code = RpcStatusCode.Ok;
            try
            {
                await foreach (var _ in Probe.Flight.DoActionAsync(new FlightAction(type), SqlProbe.Call))
                {
                    break;
                }
            }
            catch (RpcException exception)
            {
                code = exception.Status.Code;
            }

            Assert.NotEqual((type, RpcStatusCode.Unimplemented), (type, code));
        }
    }

    private static RpcCallOptions With(string key, string value)
    {
        var metadata = new RpcMetadata();
        metadata.Add(key, value);
        return new RpcCallOptions(Metadata: metadata, CancellationToken: TestContext.Current.CancellationToken);
    }
}
