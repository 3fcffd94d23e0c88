using Microsoft.Extensions.Options;
using OrleansFlow.Streaming.State.Spilling;
using OrleansFlow.Worker.Jobs;

namespace OrleansFlow.Tests.Worker.Jobs;

/// <summary>Goal: the memory of state is what the option says, and a wrong one stops the start with its name.</summary>
public sealed class JobWorkerMemoryTests
{
    [Fact]
    public void Memory_IsTheOption_AndAPartOfTheProcessWithoutIt()
    {
        using var set = new JobWorkerOptions { StateMemoryBytes = 1 << 30 }.OpenMemory(Path.GetTempPath());
        using var unset = new JobWorkerOptions().OpenMemory(Path.GetTempPath());

        Assert.Equal(1 << 30, set.LimitBytes);
        Assert.Equal(StreamMemory.DefaultBytes, unset.LimitBytes);
        Assert.InRange(unset.LimitBytes, 1, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2);
    }

    [Theory]
    [InlineData(0L)]
    [InlineData((16L << 20) - 1)]
    [InlineData((1L << 50) + 1)]
    public void MemoryOutOfRange_IsNamed(long bytes)
    {
        var result = new JobWorkerOptionsValidator().Validate(null, new JobWorkerOptions { StateMemoryBytes = bytes });

        Assert.True(result.Failed);
        Assert.Contains($"OrleansFlow:Worker:Jobs:StateMemoryBytes is {bytes}", Assert.Single(result.Failures!), StringComparison.Ordinal);
        Assert.Equal(ValidateOptionsResult.Success, new JobWorkerOptionsValidator().Validate(null, new JobWorkerOptions { StateMemoryBytes = 16L << 20 }));
    }
}
