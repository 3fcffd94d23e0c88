using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Tests.Worker.Scripting;
using OrleansFlow.Worker.Attempts;
using OrleansFlow.Worker.Data;
using OrleansFlow.Worker.Hosting;
using OrleansFlow.Worker.Sessions;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Worker.Hosting;

public class HostingTests
{
    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Host_WithAWorker_ServesAndLeavesWhenItStops()
    {
        var transport = new InProcessWorkerTransport();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(new HandlerScript());
        builder.Services.AddOrleansFlowWorker(options => options.WorkerId = "w9").AddHandler<ScriptedHandler>("work", "more").UseTransport(_ => transport);
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        await using var gateway = await AcceptAsync(transport);
        var worker = host.Services.GetRequiredService<FlowWorker>();
        await worker.Registered.WaitAsync(TestContext.Current.CancellationToken);

        Assert.Equal("w9", gateway.Register.WorkerId);
        Assert.Equal(Environment.ProcessorCount, gateway.Register.Slots);
        Assert.Equal(["more", "work"], gateway.Register.Roles.Where(role => role != "sql"));
        await gateway.OfferAsync(WorkerHarness.OfferOf());
        var outcome = await gateway.NextOutcomeAsync();
        Assert.Equal(Outcome.Types.Kind.Completed, outcome.Kind);
        await gateway.AcceptOutcomeAsync(outcome.Lease);

        var stopping = host.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(WorkerMessage.KindOneofCase.Draining, (await gateway.NextAsync())?.KindCase);
        Assert.Null(await gateway.NextAsync());
        gateway.End();
        await stopping;
        Assert.True(worker.Ended.IsCompletedSuccessfully);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Worker_ThatCannotServeItsData_TellsThoseWhoWaitForItsRegistration()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(new HandlerScript());
        builder.Services.AddOrleansFlowWorker().AddHandler<ScriptedHandler>("work").UseTransport(_ => new InProcessWorkerTransport());
        builder.Services.Configure<WorkerDataOptions>(data => data.Port = ((IPEndPoint)taken.LocalEndpoint).Port);
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);

        var failure = await Assert.ThrowsAsync<FlowException>(() => host.Services.GetRequiredService<FlowWorker>().Registered.WaitAsync(TestContext.Current.CancellationToken));

        Assert.Equal(FlowErrorCode.PortInUse, failure.Code);
        await host.WaitForShutdownAsync(TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Host_WhoseWorkerIsRefused_StopsAndSaysWhy()
    {
        var transport = new InProcessWorkerTransport();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(new HandlerScript());
        builder.Services.AddOrleansFlowWorker().AddHandler<ScriptedHandler>("work").UseTransport(_ => transport);
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        await using var gateway = await ScriptedSession.AcceptUnansweredAsync(transport);

        gateway.Refuse(FlowErrorCode.Unauthenticated);

        await host.WaitForShutdownAsync(TestContext.Current.CancellationToken);
        var failure = await Assert.ThrowsAsync<FlowException>(() => host.Services.GetRequiredService<FlowWorker>().Ended);
        Assert.Equal(FlowErrorCode.Unauthenticated, failure.Code);
    }

    [Fact]
    public void Options_OutOfRange_AreAllNamedWithKeyValueAndRange()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["OrleansFlow:Worker:Slots"] = "0", ["OrleansFlow:Worker:StopGrace"] = "02:00:00", ["OrleansFlow:Worker:Gateway"] = "nowhere",
        });
        builder.Services.AddOrleansFlowWorker(options => options.WorkerId = "no id").AddHandler<ScriptedHandler>("work");
        using var host = builder.Build();

        var failure = Assert.Throws<OptionsValidationException>(() => host.Services.GetRequiredService<IOptions<WorkerOptions>>().Value);

        Assert.Contains("OrleansFlow:Worker:Slots is 0; use 1 to 10000.", failure.Failures);
        Assert.Contains("OrleansFlow:Worker:StopGrace is 02:00:00; use 00:00:00.1000000 to 01:00:00.", failure.Failures);
        Assert.Contains(failure.Failures, text => text.StartsWith("OrleansFlow:Worker:Gateway is 'nowhere'", StringComparison.Ordinal));
        Assert.Contains(failure.Failures, text => text.StartsWith("OrleansFlow:Worker:WorkerId is 'no id'", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(10_000, true)]
    [InlineData(0, false)]
    [InlineData(10_001, false)]
    public void Options_AtTheLimitsOfSlots_AreTakenOrRefused(int slots, bool isValid) =>
        Assert.Equal(isValid, new WorkerOptionsValidator().Validate(null, new WorkerOptions { Slots = slots }).Succeeded);

    [Fact]
    public void Options_InCode_WinOverConfiguration()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["OrleansFlow:Worker:Slots"] = "3", ["OrleansFlow:Worker:ReportWindow"] = "5",
        });
        builder.Services.AddOrleansFlowWorker(options => options.Slots = 7);
        builder.Services.AddOrleansFlowWorker();
        using var host = builder.Build();

        var options = host.Services.GetRequiredService<IOptions<WorkerOptions>>().Value;

        Assert.Equal((7, 5), (options.Slots, options.ReportWindow));
    }

    [Fact]
    public void AddHandler_Misused_SaysHow()
    {
        var worker = new ServiceCollection().AddOrleansFlowWorker();
        Assert.Contains("[RoleHandler(", Assert.Throws<ArgumentException>(() => worker.AddHandler<ScriptedHandler>()).Message, StringComparison.Ordinal);
        Assert.Contains("'no role'", Assert.Throws<ArgumentException>(() => worker.AddHandler<ScriptedHandler>("no role")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => worker.AddHandler(typeof(string), "work"));
    }

    [Fact]
    public void AddHandler_WithAnAttribute_TakesItsRoles()
    {
        var services = new ServiceCollection();
        services.AddOrleansFlowWorker().AddHandler<NamedHandler>();
        using var provider = services.BuildServiceProvider();

        Assert.NotNull(provider.GetRequiredService<RoleCatalog>().Find("named"));
    }

    [Fact]
    public void RoleCatalog_WithTwoHandlersForARole_IsRefused_AndTheUsersOneWinsOverABuiltIn()
    {
        RoleRegistration mine = new("sql", typeof(NamedHandler));
        Assert.Same(mine, new RoleCatalog([new RoleRegistration("sql", typeof(ScriptedHandler), isBuiltIn: true), mine]).Find("sql"));

        var failure = Assert.Throws<FlowException>(() => new RoleCatalog([mine, new RoleRegistration("sql", typeof(ScriptedHandler))]));
        Assert.Equal(FlowErrorCode.BadOption, failure.Code);
        Assert.Contains("'sql'", failure.Message, StringComparison.Ordinal);
        Assert.Equal(FlowErrorCode.BadOption, Assert.Throws<FlowException>(() => new RoleCatalog([])).Code);
    }

    private static async Task<ScriptedSession> AcceptAsync(InProcessWorkerTransport transport)
    {
        var session = await ScriptedSession.AcceptUnansweredAsync(transport);
        await session.SendAsync(new SiloMessage
        {
            Registered = new Registered
            {
                SessionId = "s", HeartbeatIntervalMs = 5_000, LeaseDurationMs = 60_000,
                ArtifactRoot = Path.Combine(Path.GetTempPath(), "orleansflow-tests", "hosting"),
            },
        });
        return session;
    }

    [RoleHandler("named")]
    private sealed class NamedHandler : RoleHandler
    {
        public override ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken) =>
            ValueTask.FromResult(BatchOutcome.None);
    }
}
