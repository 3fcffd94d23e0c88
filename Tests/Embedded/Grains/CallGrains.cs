using Orleans.Concurrency;

namespace OrleansFlow.Tests.Embedded.Grains;

public interface ICounterGrain : IGrainWithStringKey
{
    Task<int> IncrementAsync();

    ValueTask<int> GetAsync();

    ValueTask PingAsync();

    Task<T> EchoAsync<T>(T value);

    Task ThrowAsync(string message);

    Task<string> WhereAsync();

    Task<Guid> ActivationAsync();

    Task DeactivateAsync();

    [OneWay]
    Task ForgetAsync(int amount);

    [OneWay]
    void Forget(int amount);
}

public sealed class CounterGrain(ILocalSiloDetails silo) : Grain, ICounterGrain
{
    private readonly Guid _activation = Guid.NewGuid();
    private int _count;

    public Task<int> IncrementAsync() => Task.FromResult(++_count);

    public ValueTask<int> GetAsync() => new(_count);

    public ValueTask PingAsync() => default;

    public Task<T> EchoAsync<T>(T value) => Task.FromResult(value);

    public async Task ThrowAsync(string message)
    {
        await Task.Yield();
        throw new InvalidOperationException(message);
    }

    public Task<string> WhereAsync() => Task.FromResult(silo.Name);

    public Task<Guid> ActivationAsync() => Task.FromResult(_activation);

    public Task DeactivateAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task ForgetAsync(int amount)
    {
        _count += amount;
        return Task.CompletedTask;
    }

    public void Forget(int amount) => _count += amount;
}

public interface IKeyedByGuid : IGrainWithGuidKey
{
    Task<Guid> KeyAsync();
}

public interface IKeyedByInteger : IGrainWithIntegerKey
{
    Task<long> KeyAsync();
}

public interface IKeyedByCompound : IGrainWithIntegerCompoundKey
{
    Task<(long Key, string? Extension)> KeyAsync();
}

public sealed class KeyedByGuid : Grain, IKeyedByGuid
{
    public Task<Guid> KeyAsync() => Task.FromResult(this.GetPrimaryKey());
}

[GrainType("custom-type")]
public sealed class KeyedByInteger : Grain, IKeyedByInteger
{
    public Task<long> KeyAsync() => Task.FromResult(this.GetPrimaryKeyLong());
}

public sealed class KeyedByCompound : Grain, IKeyedByCompound
{
    public Task<(long Key, string? Extension)> KeyAsync()
    {
        var key = this.GetPrimaryKeyLong(out var extension);
        return Task.FromResult((key, extension));
    }
}
