namespace OrleansFlow.Tests.Embedded.Grains;

public interface ISplitGrain : IGrainWithStringKey
{
    Task<string> FirstAsync();

    Task<string> SecondAsync();
}

/// <summary>The part that the compiler meets first names no base.</summary>
public sealed partial class SplitGrain
{
    public Task<string> FirstAsync() => Task.FromResult("first " + _key);
}

public sealed partial class SplitGrain : Grain
{
    private string _key = "";

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _key = this.GetPrimaryKeyString();
        return Task.CompletedTask;
    }
}

public sealed partial class SplitGrain : ISplitGrain
{
    public Task<string> SecondAsync() => Task.FromResult("second " + _key);
}
