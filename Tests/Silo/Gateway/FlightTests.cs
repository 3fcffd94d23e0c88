using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Arrow;
using OrleansFlow.Flight;
using OrleansFlow.Rpc;
using OrleansFlow.Silo.Security;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Gateway;

public sealed class FlightTests(SiloFixture fixture)
{
    private static RpcCallOptions Call => new(CancellationToken: TestContext.Current.CancellationToken);

    private FlightClient Flight => fixture.Silo.Flight;

    [Fact]
    public async Task Upload_IsKeptWholeAndReadBack()
    {
        var path = FlightDescriptor.ForPath("uploads", "kept-whole");

        var receipt = await UploadAsync("kept-whole", (0, 10), (10, 20));

        Assert.Equal((2, 30), (receipt.GetProperty("batches").GetInt32(), receipt.GetProperty("rows").GetInt64()));
        var file = new FileInfo(Path.Combine(fixture.Silo.DataFolder, "uploads", "kept-whole.arrow"));
        var info = await Flight.GetFlightInfoAsync(path, Call);
        Assert.Equal((30, file.Length), (info.TotalRecords, info.TotalBytes));
        Assert.Equal(NumbersHandler.Schema, info.Schema);
        Assert.Equal(NumbersHandler.Schema, await Flight.GetSchemaAsync(path, Call));
        Assert.Equal(Enumerable.Range(0, 30).Select(value => (long)value), await ReadAsync(info));
        Assert.Equal(fixture.Silo.Host.Endpoints.GrpcUrl.Replace("http://", "grpc+tcp://", StringComparison.Ordinal), Assert.Single(info.Endpoints[0].Locations));
    }

    [Fact]
    public async Task Upload_UnderATakenName_IsRefusedAndTheFirstStands()
    {
        await UploadAsync("taken", (0, 5));

        var failure = await Assert.ThrowsAsync<RpcException>(() => UploadAsync("taken", (100, 1)));

        AssertFailure(failure, RpcStatusCode.AlreadyExists, "already_exists");
        Assert.Equal([0L, 1, 2, 3, 4], await ReadAsync(await Flight.GetFlightInfoAsync(FlightDescriptor.ForPath("uploads", "taken"), Call)));
    }

    [Fact]
    public async Task Upload_BrokenOff_LeavesNothing()
    {
        var writer = await Flight.DoPutAsync(FlightDescriptor.ForPath("uploads", "broken-off"), NumbersHandler.Schema, Call);
        using (var batch = NumbersHandler.Batch(0, 10))
        {
            await writer.WriteAsync(batch, cancellationToken: TestContext.Current.CancellationToken);
        }

        await writer.DisposeAsync();

        AssertFailure(
            await Assert.ThrowsAsync<RpcException>(() => Flight.GetFlightInfoAsync(FlightDescriptor.ForPath("uploads", "broken-off"), Call)),
            RpcStatusCode.NotFound,
            "not_found");
    }

    [Fact]
    public async Task Upload_OntoARun_IsRefused()
    {
        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (var _ in Flight.DoPutAsync(FlightDescriptor.ForPath("some-run", "node"), NumbersHandler.Schema, NoBatchesAsync(), Call))
            {
                Assert.Fail("Nothing was stored.");
            }
        });

        AssertFailure(failure, RpcStatusCode.InvalidArgument, "bad_input");
    }

    [Fact]
    public async Task ListFlights_NamesUploadsAndCompletedNodes()
    {
        await UploadAsync("listed", (0, 1));
        var run = await fixture.Silo.Client.SubmitGraphAsync(
            """{"name":"listed","nodes":[{"id":"scan","role":"numbers","params":{"batches":1,"rows":3}},{"id":"none","role":"echo","params":{}}]}""",
            cancellationToken: TestContext.Current.CancellationToken);
        await fixture.Silo.Client.WaitForRunAsync(run, TestContext.Current.CancellationToken);

        var all = await ListAsync("");
        Assert.Contains("uploads/listed", all);
        Assert.Contains($"{run}/scan", all);
        Assert.DoesNotContain($"{run}/none", all);
        Assert.Equal([$"{run}/scan"], await ListAsync(run.Value));
        Assert.All(await ListAsync("uploads"), name => Assert.StartsWith("uploads/", name, StringComparison.Ordinal));
    }

    [Fact]
    public async Task RunningNode_CannotBeFetchedYetAndSaysSo()
    {
        var run = await fixture.Silo.Client.SubmitGraphAsync(
            """{"name":"x","nodes":[{"id":"slow","role":"wait"}]}""", cancellationToken: TestContext.Current.CancellationToken);

        var failure = await Assert.ThrowsAsync<RpcException>(() => Flight.GetFlightInfoAsync(FlightDescriptor.ForPath(run.Value, "slow"), Call));

        AssertFailure(failure, RpcStatusCode.NotFound, "not_found");
        Assert.Contains("no complete output", failure.Status.Message, StringComparison.Ordinal);
        await fixture.Silo.Client.CancelRunAsync(run, "done", TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("one")]
    [InlineData("one", "two", "three")]
    [InlineData("a b", "c")]
    [InlineData("uploads", "..")]
    public async Task PathThatNamesNothing_IsBadInput(params string[] parts) => AssertFailure(
        await Assert.ThrowsAsync<RpcException>(() => Flight.GetFlightInfoAsync(FlightDescriptor.ForPath(parts), Call)), RpcStatusCode.InvalidArgument, "bad_input");

    [Fact]
    public async Task DoGet_ForgedOrForeignTicket_IsRefused()
    {
        await UploadAsync("guarded", (0, 1));
        using var otherKey = ClusterKey.CreateEphemeral();
        var (forged, _) = new SignedText(otherKey, TimeProvider.System).Make(SignedText.TicketKind, "uploads/guarded", TimeSpan.FromHours(1));
        var (token, _) = fixture.Silo.Host.Services.GetRequiredService<SignedText>().Make(SignedText.TokenKind, "uploads/guarded", TimeSpan.FromHours(1));

        foreach (var text in (string[])[forged, token, "uploads/guarded", ""])
        {
            var failure = await Assert.ThrowsAsync<RpcException>(async () =>
            {
                await foreach (var batch in Flight.DoGet(FlightTicket.FromText(text), Call))
                {
                    batch.Dispose();
                }
            });
            AssertFailure(failure, RpcStatusCode.InvalidArgument, "bad_input");
        }
    }

    [Fact]
    public async Task DoGet_AfterTheTicketExpired_IsRefused()
    {
        var clock = new ManualTimeProvider();
        await using var silo = await RunningSilo.StartAsync(options => (options.Clock, options.WorkerSlots) = (clock, 0));
        await foreach (var _ in silo.Flight.DoPutAsync(FlightDescriptor.ForPath("uploads", "soon-over"), NumbersHandler.Schema, NoBatchesAsync(), Call))
        {
            // One receipt.
        }

        var ticket = (await silo.Flight.GetFlightInfoAsync(FlightDescriptor.ForPath("uploads", "soon-over"), Call)).Endpoints[0].Ticket;
        clock.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal(NumbersHandler.Schema, await silo.Flight.DoGet(ticket, Call).GetSchemaAsync(TestContext.Current.CancellationToken));

        clock.Advance(TimeSpan.FromMinutes(1));

        var failure = await Assert.ThrowsAsync<RpcException>(() => silo.Flight.DoGet(ticket, Call).GetSchemaAsync(TestContext.Current.CancellationToken));
        AssertFailure(failure, RpcStatusCode.InvalidArgument, "bad_input");
        Assert.Contains("expired", failure.Status.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Actions_AreListedAndRun()
    {
        var types = new List<string>();
        await foreach (var type in Flight.ListActionsAsync(Call))
        {
            types.Add(type.Type);
        }

        Assert.Equal(["cancel-run", "drop-stream", "health", "CreatePreparedStatement", "ClosePreparedStatement", "CancelFlightInfo", "RenewFlightEndpoint", "list-queries", "watch-query", "cancel-query"], types);
        var health = await ActAsync(new FlightAction("health"));
        Assert.Equal(fixture.Silo.Host.Endpoints.ClusterId, health.GetProperty("cluster_id").GetString());

        var run = await fixture.Silo.Client.SubmitGraphAsync(
            """{"name":"x","nodes":[{"id":"slow","role":"wait"}]}""", cancellationToken: TestContext.Current.CancellationToken);
        var cancelled = await ActAsync(new FlightAction("cancel-run", Encoding.UTF8.GetBytes($$"""{"run_id":"{{run}}","reason":"by action"}""")));
        Assert.Equal("by action", cancelled.GetProperty("cancel_reason").GetString());
    }

    [Theory]
    [InlineData("no-such-action", "", RpcStatusCode.Unimplemented, "unsupported")]
    [InlineData("cancel-run", "no json", RpcStatusCode.InvalidArgument, "bad_input")]
    [InlineData("cancel-run", "{\"run\":\"x\"}", RpcStatusCode.InvalidArgument, "bad_input")]
    [InlineData("cancel-run", "{}", RpcStatusCode.InvalidArgument, "bad_input")]
    [InlineData("cancel-run", "{\"run_id\":\"no-such-run\"}", RpcStatusCode.NotFound, "not_found")]
    public async Task Action_ThatCannotBe_IsRefused(string type, string body, RpcStatusCode code, string reason) =>
        AssertFailure(await Assert.ThrowsAsync<RpcException>(() => ActAsync(new FlightAction(type, Encoding.UTF8.GetBytes(body)))), code, reason);

    private static void AssertFailure(RpcException failure, RpcStatusCode code, string reason)
    {
        Assert.Equal(code, failure.Code);
        Assert.True(RpcStatusDetails.TryGetErrorInfo(failure.Status, out var info));
        Assert.Equal(reason, info.Reason);
    }

    private static async IAsyncEnumerable<RecordBatch> NoBatchesAsync()
    {
        await Task.CompletedTask;
        yield break;
    }

    private async Task<JsonElement> ActAsync(FlightAction action)
    {
        await foreach (var result in Flight.DoActionAsync(action, Call))
        {
            return JsonDocument.Parse(result).RootElement.Clone();
        }

        throw new InvalidOperationException($"Action {action.Type} gave no result.");
    }

    private async Task<List<string>> ListAsync(string criteria)
    {
        var names = new List<string>();
        await foreach (var info in Flight.ListFlightsAsync(Encoding.UTF8.GetBytes(criteria), Call))
        {
            names.Add(info.Descriptor!.ToString());
        }

        return names;
    }

    private async Task<JsonElement> UploadAsync(string name, params (long First, int Rows)[] batches)
    {
        await using var writer = await Flight.DoPutAsync(FlightDescriptor.ForPath("uploads", name), NumbersHandler.Schema, Call);
        try
        {
            foreach (var (first, rows) in batches)
            {
                using var batch = NumbersHandler.Batch(first, rows);
                await writer.WriteAsync(batch, cancellationToken: TestContext.Current.CancellationToken);
            }

            await writer.CompleteAsync();
        }
        catch (RpcException)
        {
            // The server ended the call before it took everything; the results below say why.
        }

        await foreach (var result in writer.ReadResultsAsync(TestContext.Current.CancellationToken))
        {
            return JsonDocument.Parse(result).RootElement.Clone();
        }

        throw new InvalidOperationException("The upload was not acknowledged.");
    }

    private async Task<List<long>> ReadAsync(FlightInfo info)
    {
        var values = new List<long>();
        await foreach (var batch in Flight.DoGet(info.Endpoints[0].Ticket, Call))
        {
            using (batch)
            {
                values.AddRange(batch.Column<Int64Array>("n").Values);
            }
        }

        return values;
    }
}
