using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Runtime.Services;
using Orleans.Services;

namespace OrleansFlow.Tests.Embedded.Grains;

public interface ITallyService : IGrainService
{
    Task<string> AddAsync(string who);

    Task<bool> RunsInTurnsAsync();
}

public interface ITallyServiceClient : IGrainServiceClient<ITallyService>
{
    Task<string> AddAsync(string who);

    Task<bool> RunsInTurnsAsync();
}

public sealed class TallyLog
{
    public System.Collections.Concurrent.ConcurrentQueue<string> Lines { get; } = new();
}

[Reentrant]
public sealed class TallyService(GrainId id, Silo silo, ILoggerFactory loggerFactory, IGrainFactory grains, TallyLog log)
    : GrainService(id, silo, loggerFactory), ITallyService
{
    private int _count;

    public override Task Init(IServiceProvider serviceProvider)
    {
        log.Lines.Enqueue("init");
        return base.Init(serviceProvider);
    }

    public override async Task Start()
    {
        await base.Start();
        log.Lines.Enqueue($"start {Status} {await grains.GetGrain<ICounterGrain>("from a service").IncrementAsync()}");
    }

    public override Task Stop()
    {
        log.Lines.Enqueue("stop");
        return base.Stop();
    }

    public Task<string> AddAsync(string who) => Task.FromResult($"{who} {++_count} in {Silo}");

    public async Task<bool> RunsInTurnsAsync()
    {
        await Task.Yield();
        return TaskScheduler.Current != TaskScheduler.Default;
    }
}

public sealed class TallyServiceClient(IServiceProvider services) : GrainServiceClient<ITallyService>(services), ITallyServiceClient
{
    public Task<string> AddAsync(string who) => GetGrainService(CurrentGrainReference.GrainId).AddAsync(who);

    public Task<bool> RunsInTurnsAsync() => GetGrainService(CurrentGrainReference.GrainId).RunsInTurnsAsync();
}

public interface ITallyingGrain : IGrainWithStringKey
{
    Task<string> AddAsync();

    Task<bool> RunsInTurnsAsync();
}

public sealed class TallyingGrain(ITallyServiceClient tally) : Grain, ITallyingGrain
{
    public Task<string> AddAsync() => tally.AddAsync(this.GetPrimaryKeyString());

    public Task<bool> RunsInTurnsAsync() => tally.RunsInTurnsAsync();
}
