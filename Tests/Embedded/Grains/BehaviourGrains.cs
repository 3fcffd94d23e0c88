using Microsoft.Extensions.DependencyInjection;
using Orleans.Concurrency;
using Orleans.Serialization.Invocation;

namespace OrleansFlow.Tests.Embedded.Grains;

public interface IKeyedServiceGrain : IGrainWithStringKey
{
    Task<string> NamesAsync();
}

public sealed record NamedService(string Name);

public sealed class KeyedServiceGrain(
    [FromKeyedServices("one")] NamedService one, [FromKeyedServices("two")] NamedService two, NamedService? plain = null) : Grain, IKeyedServiceGrain
{
    public Task<string> NamesAsync() => Task.FromResult($"{one.Name} {two.Name} {plain?.Name ?? "none"}");
}

public interface IBadConstructorGrain : IGrainWithStringKey
{
    Task RunAsync();
}

public sealed class BadConstructorGrain : Grain, IBadConstructorGrain
{
    public BadConstructorGrain() => throw new NotSupportedException("thrown by the constructor");

    public Task RunAsync() => Task.CompletedTask;
}

public interface IActivationContextGrain : IGrainWithStringKey
{
    Task<string?> SeenWhileActivatingAsync();
}

public sealed class ActivationContextGrain : Grain, IActivationContextGrain
{
    private string? _seen;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        _seen = RequestContext.Get("who") as string;
    }

    public Task<string?> SeenWhileActivatingAsync() => Task.FromResult(_seen);
}

public interface IPredicateGrain : IGrainWithStringKey
{
    Task WaitAsync(string how);

    Task<string> RunAsync(string how);
}

[MayInterleave(nameof(MayInterleave))]
public sealed class PredicateGrain : Grain, IPredicateGrain
{
    private readonly TaskCompletionSource _released = new();

    public bool MayInterleave(IInvokable request) => (string)request.GetArgument(0)! switch
    {
        "interleave" => !_released.Task.IsCompleted,
        "throw" => throw new NotSupportedException("boom"),
        _ => false,
    };

    public Task WaitAsync(string how) => _released.Task;

    public Task<string> RunAsync(string how)
    {
        _released.TrySetResult();
        return Task.FromResult(how);
    }
}

public interface IBlockingGrain : IGrainWithStringKey
{
    Task BlockUntilAsync(string name);

    ValueTask<int> EchoAsync(int value);
}

public sealed class BlockingGrain : Grain, IBlockingGrain
{
    public static System.Collections.Concurrent.ConcurrentDictionary<string, ManualResetEventSlim> Blocks { get; } = new();

    public static System.Collections.Concurrent.ConcurrentDictionary<string, bool> Started { get; } = new();

    public Task BlockUntilAsync(string name)
    {
        Started[name] = true;

        // The very thing that is to be reported.
        Blocks[name].Wait(TimeSpan.FromSeconds(20));
        return Task.CompletedTask;
    }

    public ValueTask<int> EchoAsync(int value) => ValueTask.FromResult(value);
}

public interface IStagedGrain : IGrainWithStringKey
{
    Task<List<string>> StagesAsync();

    Task MigrateAsync();
}

public sealed class StagedGrain : Grain, IStagedGrain, ILifecycleParticipant<IGrainLifecycle>, IGrainMigrationParticipant
{
    private readonly List<string> _stages = [];

    public static System.Collections.Concurrent.ConcurrentQueue<string> Ended { get; } = new();

    public StagedGrain(StagedPart part) => part.Report = _stages.Add;

    public void Participate(IGrainLifecycle lifecycle)
    {
        lifecycle.AddMigrationParticipant(this);
        lifecycle.Subscribe(
            "before", GrainLifecycleStage.SetupState, _ => Add("state"), _ => End("state"));
        lifecycle.Subscribe("after", GrainLifecycleStage.Last, _ => Add("last"), _ => End("last"));
    }

    public override Task OnActivateAsync(CancellationToken cancellationToken) => Add("activate");

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => End("deactivate");

    public Task<List<string>> StagesAsync()
    {
        DeactivateOnIdle();
        return Task.FromResult(_stages);
    }

    public Task MigrateAsync()
    {
        MigrateOnIdle();
        return Task.CompletedTask;
    }

    public void OnDehydrate(IDehydrationContext dehydrationContext) => throw new NotSupportedException("Grains are not moved here.");

    public void OnRehydrate(IRehydrationContext rehydrationContext) => throw new NotSupportedException("Grains are not moved here.");

    private Task Add(string stage)
    {
        _stages.Add(stage);
        return Task.CompletedTask;
    }

    private Task End(string stage)
    {
        Ended.Enqueue($"{this.GetPrimaryKeyString()} {stage}");
        return Task.CompletedTask;
    }
}

/// <summary>A service of one activation that takes part in its life.</summary>
public sealed class StagedPart
{
    public StagedPart(IGrainContext context) =>
        context.ObservableLifecycle.Subscribe("part", GrainLifecycleStage.First, _ =>
        {
            Report("part");
            return Task.CompletedTask;
        });

    public Action<string> Report { get; set; } = static _ => { };
}

public interface IAccessingGrain : IGrainWithStringKey
{
    Task<string> WhoAsync();
}

public sealed class AccessingGrain(IGrainContextAccessor accessor) : Grain, IAccessingGrain
{
    public async Task<string> WhoAsync()
    {
        var before = accessor.GrainContext.GrainId;
        await Task.Yield();
        return $"{before} {accessor.GrainContext.GrainId}";
    }
}

public sealed class ScopedPart : IDisposable
{
    public static System.Collections.Concurrent.ConcurrentQueue<Guid> Disposed { get; } = new();

    public Guid Id { get; } = Guid.NewGuid();

    public void Dispose() => Disposed.Enqueue(Id);
}

public interface IScopedGrain : IGrainWithStringKey
{
    Task<(Guid Part, bool IsSame)> PartAsync();
}

public sealed class ScopedGrain(ScopedPart part) : Grain, IScopedGrain
{
    public Task<(Guid Part, bool IsSame)> PartAsync() =>
        Task.FromResult((part.Id, ReferenceEquals(part, ServiceProvider.GetRequiredService<ScopedPart>())));
}
