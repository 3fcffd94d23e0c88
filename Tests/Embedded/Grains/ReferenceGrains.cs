namespace OrleansFlow.Tests.Embedded.Grains;

[GenerateSerializer]
public sealed class Directory
{
    [Id(0)]
    public Dictionary<string, IPassedGrain> Entries { get; set; } = [];
}

public interface IPassedGrain : IGrainWithStringKey
{
    Task<string> KeyAsync();

    Task<string> KeyOfAsync(IPassedGrain other);

    Task<List<string>> KeysOfAsync(Directory directory);

    Task<IPassedGrain> ThisAsync();

    Task<IPassedGrain> ReferenceAsync();

    Task<string> PassThisAsync(IPassedGrain receiver);

    Task<string> ThrowAsync();
}

public sealed class PassedGrain : Grain, IPassedGrain
{
    public Task<string> KeyAsync() => Task.FromResult(this.GetPrimaryKeyString());

    public async Task<string> KeyOfAsync(IPassedGrain other) =>
        $"{await other.KeyAsync()} by {(other is GrainReference ? "reference" : "object")}";

    public async Task<List<string>> KeysOfAsync(Directory directory)
    {
        var keys = new List<string>();
        foreach (var (name, grain) in directory.Entries)
        {
            keys.Add($"{name}={await grain.KeyAsync()}");
        }

        return keys;
    }

    public Task<IPassedGrain> ThisAsync() => Task.FromResult<IPassedGrain>(this);

    public Task<IPassedGrain> ReferenceAsync() => Task.FromResult(this.AsReference<IPassedGrain>());

    public async Task<string> PassThisAsync(IPassedGrain receiver)
    {
        using var chain = RequestContext.AllowCallChainReentrancy();
        return await receiver.KeyOfAsync(this);
    }

    public async Task<string> ThrowAsync()
    {
        await Task.Yield();
        throw new OrderException("no such order", 17) { Data = { ["customer"] = "ada" } };
    }
}

[GenerateSerializer]
public sealed class OrderException(string message, int number) : Exception(message, new TimeoutException("inner"))
{
    [Id(0)]
    public int Number { get; } = number;
}

public interface IAgingGrain : IGrainWithStringKey
{
    Task<Guid> ActivationAsync();

    Task DelayAsync(TimeSpan time);
}

public abstract class AgingGrainBase : Grain
{
    private readonly Guid _activation = Guid.NewGuid();

    public Task<Guid> ActivationAsync() => Task.FromResult(_activation);

    public Task DelayAsync(TimeSpan time)
    {
        DelayDeactivation(time);
        return Task.CompletedTask;
    }
}

public interface IPlainlyAgingGrain : IAgingGrain;

public sealed class PlainlyAgingGrain : AgingGrainBase, IPlainlyAgingGrain;

public interface IShortLivedGrain : IAgingGrain;

[CollectionAgeLimit(Minutes = 3)]
public sealed class ShortLivedGrain : AgingGrainBase, IShortLivedGrain;

public interface ILongLivedGrain : IAgingGrain;

[KeepAlive]
public sealed class LongLivedGrain : AgingGrainBase, ILongLivedGrain;

public interface IConfiguredGrain : IAgingGrain;

public sealed class ConfiguredGrain : AgingGrainBase, IConfiguredGrain;
