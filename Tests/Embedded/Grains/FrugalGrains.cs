namespace OrleansFlow.Tests.Embedded.Grains;

public interface IFrugalGrain : IGrainWithIntegerKey
{
    ValueTask<int> EchoAsync(int value);

    ValueTask<int> EchoWithTokenAsync(int value, CancellationToken cancellationToken);

    Task CallOtherAsync(IFrugalGrain other, int count);
}

public sealed class FrugalGrain : Grain, IFrugalGrain
{
    public ValueTask<int> EchoAsync(int value) => ValueTask.FromResult(value);

    public ValueTask<int> EchoWithTokenAsync(int value, CancellationToken cancellationToken) => ValueTask.FromResult(value);

    public async Task CallOtherAsync(IFrugalGrain other, int count)
    {
        for (var call = 0; call < count; call++)
        {
            await other.EchoAsync(call);
        }
    }
}
