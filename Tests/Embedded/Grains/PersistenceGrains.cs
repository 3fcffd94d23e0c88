using Microsoft.Extensions.DependencyInjection;
using Orleans.Providers;
using Orleans.Storage;

namespace OrleansFlow.Tests.Embedded.Grains;

public interface ITwoStatesGrain : IGrainWithStringKey
{
    Task SetAsync(int firstCount, int secondCount);

    Task<(int First, int Second, bool FirstExists, bool SecondExists)> GetAsync();

    Task ClearFirstAsync();

    Task<string?[]> EtagsAsync();

    Task<bool> WriteCancelledAsync();

    Task<string> StateNamesAsync();
}

/// <summary>The first state has a name and a storage of its own, the second neither.</summary>
public sealed class TwoStatesGrain(
    [PersistentState("first", "flow")] IPersistentState<Tally> first,
    [PersistentState(null!)] IPersistentState<Tally> second,
    [FromKeyedServices("flow")] IGrainStorage named,
    [FromKeyedServices("Default")] IGrainStorage unnamed) : Grain, ITwoStatesGrain
{
    public async Task SetAsync(int firstCount, int secondCount)
    {
        first.State.Count = firstCount;
        second.State = new Tally { Count = secondCount };
        await Task.WhenAll(first.WriteStateAsync(), second.WriteStateAsync());
    }

    public Task<(int First, int Second, bool FirstExists, bool SecondExists)> GetAsync() =>
        Task.FromResult((first.State.Count, second.State.Count, first.RecordExists, second.RecordExists));

    public Task ClearFirstAsync() => first.ClearStateAsync();

    public Task<string?[]> EtagsAsync() => Task.FromResult(new[] { first.Etag, second.Etag });

    public async Task<bool> WriteCancelledAsync()
    {
        first.State.Count = 99;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.WriteStateAsync(new CancellationToken(canceled: true)));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.ClearStateAsync(new CancellationToken(canceled: true)));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.ReadStateAsync(new CancellationToken(canceled: true)));
        await first.ReadStateAsync(CancellationToken.None);
        return first.State.Count == 99;
    }

    public async Task<string> StateNamesAsync() =>
        $"{await ReadAsync(named, "first")},{await ReadAsync(unnamed, "second")},{await ReadAsync(named, "second")}";

    private async Task<int> ReadAsync(IGrainStorage storage, string stateName)
    {
        var state = new GrainState<Tally>();
        await storage.ReadStateAsync(stateName, this.GetGrainId(), state);
        return state.State.Count;
    }
}

public interface IProvidedGrain : IGrainWithStringKey
{
    Task<bool> IsStoredAsync(string storage);

    Task<bool> ClearAsync();

    Task AddAsync(int amount);
}

/// <summary>Names its storage by the attribute of <see cref="Grain{T}"/>.</summary>
[StorageProvider(ProviderName = "flow")]
public sealed class ProvidedGrain(IServiceProvider services) : Grain<Tally>, IProvidedGrain
{
    public async Task AddAsync(int amount)
    {
        State.Count += amount;
        await WriteStateAsync();
    }

    public async Task<bool> IsStoredAsync(string storage)
    {
        var state = new GrainState<Tally>();
        await services.GetRequiredKeyedService<IGrainStorage>(storage).ReadStateAsync("state", this.GetGrainId(), state);
        return state.RecordExists;
    }

    public async Task<bool> ClearAsync()
    {
        await ClearStateAsync();
        return State.Count == 0;
    }
}

/// <summary>A value without a constructor that takes nothing.</summary>
[GenerateSerializer]
public sealed record Label([property: Id(0)] string Text, [property: Id(1)] int Size);

public interface IUnusualStatesGrain : IGrainWithStringKey
{
    Task<string> GetAsync();

    Task SetAsync();
}

public sealed class UnusualStatesGrain(
    [PersistentState("number")] IPersistentState<int> number,
    [PersistentState("text")] IPersistentState<string?> text,
    [PersistentState("label")] IPersistentState<Label> label,
    [PersistentState("list")] IPersistentState<List<int>> list) : Grain, IUnusualStatesGrain
{
    public Task<string> GetAsync() => Task.FromResult($"{number.State} {text.State ?? "null"} {label.State?.Text ?? "null"} {list.State.Count}");

    public async Task SetAsync()
    {
        number.State = 7;
        text.State = "seven";
        label.State = new Label("label", 1);
        list.State.Add(1);
        await Task.WhenAll(number.WriteStateAsync(), text.WriteStateAsync(), label.WriteStateAsync(), list.WriteStateAsync());
    }
}

public interface IFactoryStateGrain : IGrainWithStringKey
{
    Task<int> AddAsync(int amount);
}

/// <summary>Asks for its state in the constructor.</summary>
public sealed class FactoryStateGrain : Grain, IFactoryStateGrain
{
    private readonly IPersistentState<Tally> _state;

    public FactoryStateGrain(IPersistentStateFactory factory, IGrainContext context) =>
        _state = factory.Create<Tally>(context, new PersistentStateAttribute("made", "flow"));

    public async Task<int> AddAsync(int amount)
    {
        _state.State.Count += amount;
        await _state.WriteStateAsync();
        return _state.State.Count;
    }
}

public interface IForwardingGrain : IGrainWithStringKey
{
    Task<Guid> ActivationAsync();

    Task AddToAsync(IStateGrain other);
}

public sealed class ForwardingGrain : Grain, IForwardingGrain
{
    private readonly Guid _activation = Guid.NewGuid();

    public Task<Guid> ActivationAsync() => Task.FromResult(_activation);

    public Task AddToAsync(IStateGrain other) => other.AddAsync(1);
}

/// <summary>A storage that fails when it is told to.</summary>
public sealed class FailingStorage : IGrainStorage, ILifecycleParticipant<ISiloLifecycle>
{
    public string? FailsAt { get; set; }

    public List<string> Calls { get; } = [];

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
        nameof(FailingStorage), ServiceLifecycleStage.ApplicationServices, _ => Note("start"), _ => Note("stop"));

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => Note("read");

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        grainState.ETag = "1";
        grainState.RecordExists = true;
        return Note("write");
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => Note("clear");

    private Task Note(string call)
    {
        Calls.Add(call);
        return call == FailsAt ? Task.FromException(new IOException($"cannot {call}")) : Task.CompletedTask;
    }
}

public interface IFailingStateGrain : IGrainWithStringKey
{
    Task<Guid> WriteAsync();
}

public sealed class FailingStateGrain([PersistentState("state", "failing")] IPersistentState<Tally> state) : Grain, IFailingStateGrain
{
    private readonly Guid _activation = Guid.NewGuid();

    public async Task<Guid> WriteAsync()
    {
        await state.WriteStateAsync();
        return _activation;
    }
}
