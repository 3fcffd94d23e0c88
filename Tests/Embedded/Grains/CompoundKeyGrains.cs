namespace OrleansFlow.Tests.Embedded.Grains;

public interface IGuidCompoundGrain : IGrainWithGuidCompoundKey
{
    Task<string> KeyAsync();
}

public sealed class GuidCompoundGrain : Grain, IGuidCompoundGrain
{
    public Task<string> KeyAsync() => Task.FromResult($"{IdentityString} {this.GetPrimaryKey(out var extension)} {extension}");
}

public interface IIntegerCompoundGrain : IGrainWithIntegerCompoundKey
{
    Task<string> KeyAsync();
}

public sealed class IntegerCompoundGrain : Grain, IIntegerCompoundGrain
{
    public Task<string> KeyAsync() => Task.FromResult($"{IdentityString} {this.GetPrimaryKeyLong(out var extension)} {extension}");
}
