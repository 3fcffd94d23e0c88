using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Tests.Worker.Scripting;
using OrleansFlow.Worker.Attempts;
using OrleansFlow.Worker.Hosting;
using OrleansFlow.Worker.Sessions;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Worker.Hosting;

/// <summary>One handler type for several roles, several workers in one host, shared handlers, labels and versions.</summary>
public sealed class SeveralWorkersTests
{
    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Host_WithTwoWorkers_RunsTwoSessionsWithTheirOwnRolesAndOptions()
    {
        var (first, second) = (new InProcessWorkerTransport(), new InProcessWorkerTransport());
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["OrleansFlow:Worker:WorkerId"] = "common",
            ["OrleansFlow:Worker:Slots"] = "3",
            ["OrleansFlow:Worker:Labels:zone"] = "eu",
            ["OrleansFlow:Workers:heavy:Slots"] = "1",
            ["OrleansFlow:Workers:heavy:Labels:gpu"] = "true",
        });
        builder.Services.AddSingleton(new HandlerScript());
        builder.Services.AddOrleansFlowWorker(options => options.Version = "7").AddHandler<ScriptedHandler>("processor").AddHandler<ScriptedHandler>("analyzer").UseTransport(_ => first);
        builder.Services.AddOrleansFlowWorker("heavy", options => options.WorkerId = "heavy-1").AddHandler<VersionedHandler>().UseTransport(_ => second);
        builder.Services.AddOrleansFlowWorker("heavy").AddHandler<ScriptedHandler>("more");
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        await using var one = await ScriptedSession.AcceptUnansweredAsync(first);
        await using var two = await ScriptedSession.AcceptUnansweredAsync(second);

        Assert.Equal("common", one.Register.WorkerId);
        Assert.Equal((3, "7", "analyzer processor"), (one.Register.Slots, one.Register.Version, Roles(one.Register)));
        Assert.Equal("heavy-1", two.Register.WorkerId);
        Assert.Equal((1, "more versioned"), (two.Register.Slots, Roles(two.Register)));
        Assert.Equal(["gpu=true", "zone=eu"], two.Register.Labels.Select(label => $"{label.Key}={label.Value}").Order(StringComparer.Ordinal));
        Assert.Equal("2.1", two.Register.RoleVersions["versioned"]);
        Assert.Equal(2, host.Services.GetRequiredService<FlowWorkers>().All.Count);
        Assert.Equal("heavy-1", host.Services.GetRequiredService<FlowWorkers>()["heavy"].WorkerId.Value);
    }

    [Fact]
    public void AddOrleansFlowWorker_WithABadName_IsRefused() =>
        Assert.Contains("'two words'", Assert.Throws<ArgumentException>(() => new ServiceCollection().AddOrleansFlowWorker("two words")).Message, StringComparison.Ordinal);

    [Fact]
    public async Task SingletonHandler_IsOneInstanceForEveryAttemptAndEndsWithTheHost()
    {
        var script = new HandlerScript();
        var services = new ServiceCollection().AddSingleton(script);
        services.AddOrleansFlowWorker().AddSingletonHandler<ScriptedHandler>("work").AddHandler<ScriptedHandler>("fresh");
        var provider = services.BuildServiceProvider();
        var roles = provider.GetRequiredService<RoleCatalog>();
        using var scope = provider.CreateScope();

        var shared = roles.Find("work")!;
        Assert.Same(shared.Create(scope.ServiceProvider), shared.Create(provider));
        Assert.NotSame(roles.Find("fresh")!.Create(provider), roles.Find("fresh")!.Create(provider));

        await provider.DisposeAsync();
        Assert.Equal(["dispose"], script.Calls);
    }

    [Fact]
    public void AddHandlersFrom_FindsWhatHasTheAttribute()
    {
        var services = new ServiceCollection();
        services.AddOrleansFlowWorker().AddHandlersFrom(typeof(VersionedHandler).Assembly);
        using var provider = services.BuildServiceProvider();

        Assert.Equal("2.1", provider.GetRequiredService<RoleCatalog>().Find("versioned")!.Version);
        Assert.Contains(
            "[RoleHandler(\"role\")]",
            Assert.Throws<ArgumentException>(() => services.AddOrleansFlowWorker().AddHandlersFrom(typeof(string).Assembly)).Message,
            StringComparison.Ordinal);
    }

    private static string Roles(Register register) => string.Join(' ', register.Roles.Where(role => role != "sql"));
}

/// <summary>Found by its attribute.</summary>
[RoleHandler("versioned", Version = "2.1")]
public sealed class VersionedHandler : RoleHandler
{
    /// <inheritdoc/>
    public override ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken) =>
        ValueTask.FromResult(BatchOutcome.None);
}
