using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;

namespace OrleansFlow.Tests.Embedded.Grains;

[GenerateSerializer]
public sealed class Tally
{
    [Id(0)]
    public int Count { get; set; }

    [Id(1)]
    public List<string> Notes { get; set; } = [];
}

public interface IStateGrain : IGrainWithStringKey
{
    Task<int> AddAsync(int amount);

    Task<int> GetAsync();

    Task ClearAsync();

    Task<(bool Exists, string? Etag, int SeenAtActivation)> StatusAsync();

    Task<Guid> ActivationAsync();

    Task StealAsync();

    Task DeactivateAsync();

    Task<string> InjectedAsync();
}

public sealed class StateGrain(
    [PersistentState("tally", "flow")] IPersistentState<Tally> tally,
    [PersistentState("other")] IPersistentState<Tally> other,
    [FromKeyedServices("flow")] IGrainStorage storage,
    TimeProvider clock,
    IGrainContext context) : Grain, IStateGrain
{
    private readonly Guid _activation = Guid.NewGuid();
    private int _seenAtActivation = -1;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _seenAtActivation = tally.State.Count;
        return Task.CompletedTask;
    }

    public async Task<int> AddAsync(int amount)
    {
        tally.State.Count += amount;
        await tally.WriteStateAsync();
        return tally.State.Count;
    }

    public Task<int> GetAsync() => Task.FromResult(tally.State.Count);

    public Task ClearAsync() => tally.ClearStateAsync();

    public Task<(bool Exists, string? Etag, int SeenAtActivation)> StatusAsync() =>
        Task.FromResult<(bool, string?, int)>((tally.RecordExists, tally.Etag, _seenAtActivation));

    public Task<Guid> ActivationAsync() => Task.FromResult(_activation);

    public async Task StealAsync()
    {
        // Writes behind the back of the state, as another activation would.
        var behind = new GrainState<Tally>();
        await storage.ReadStateAsync("tally", context.GrainId, behind);
        behind.State.Count += 100;
        await storage.WriteStateAsync("tally", context.GrainId, behind);
    }

    public Task DeactivateAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task<string> InjectedAsync() => Task.FromResult(
        $"{other.RecordExists},{clock is not null},{context.GrainId == this.GetGrainId()},{ReferenceEquals(context, GrainContext)}");
}

public interface IClassicGrain : IGrainWithStringKey
{
    Task<int> AddAsync(int amount);

    Task ForgetAndReadAsync();

    Task<int> GetAsync();
}

public sealed class ClassicGrain : Grain<Tally>, IClassicGrain
{
    public async Task<int> AddAsync(int amount)
    {
        State.Count += amount;
        await WriteStateAsync();
        return State.Count;
    }

    public Task ForgetAndReadAsync()
    {
        State = new Tally { Count = 1000 };
        return ReadStateAsync();
    }

    public Task<int> GetAsync() => Task.FromResult(State.Count);
}

/// <summary>A state without a codec.</summary>
public sealed class PlainTally
{
    public int Count { get; set; }

    public Dictionary<string, int> ByName { get; set; } = [];
}

public interface IPlainStateGrain : IGrainWithStringKey
{
    Task<int> AddAsync(int amount);

    Task<int> GetAsync();
}

public sealed class PlainStateGrain([PersistentState("plain")] IPersistentState<PlainTally> tally) : Grain, IPlainStateGrain
{
    public async Task<int> AddAsync(int amount)
    {
        tally.State.Count += amount;
        await tally.WriteStateAsync();
        tally.State.Count += 1000;
        return tally.State.Count;
    }

    public Task<int> GetAsync() => Task.FromResult(tally.State.Count);
}

public interface IIsolationGrain : IGrainWithStringKey
{
    Task KeepAsync(Tally tally);

    Task KeepSharedAsync([Immutable] Tally tally);

    Task<Tally> GetAsync();

    Task<bool> IsSameAsync([Immutable] Tally tally);
}

public sealed class IsolationGrain : Grain, IIsolationGrain
{
    private Tally _tally = new();

    public Task KeepAsync(Tally tally)
    {
        _tally = tally;
        return Task.CompletedTask;
    }

    public Task KeepSharedAsync(Tally tally) => KeepAsync(tally);

    public Task<Tally> GetAsync() => Task.FromResult(_tally);

    public Task<bool> IsSameAsync(Tally tally) => Task.FromResult(ReferenceEquals(tally, _tally));
}
