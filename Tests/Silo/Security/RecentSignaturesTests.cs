using OrleansFlow.Silo.Security;

namespace OrleansFlow.Tests.Silo.Security;

public sealed class RecentSignaturesTests
{
    private static readonly byte[] Signature = [9, 8, 7];

    [Fact]
    public void Contains_OfExactlyWhatWasAdded_IsTrue()
    {
        var recent = new RecentSignatures();
        recent.Add([1, 2, 3], Signature);

        Assert.True(recent.Contains([1, 2, 3], Signature));
        Assert.False(recent.Contains([1, 2], Signature));
        Assert.False(recent.Contains([1, 2, 3, 9], [8, 7]));
        Assert.False(recent.Contains([1, 2, 3], [9, 8]));
        Assert.False(recent.Contains([1, 2, 4], Signature));
    }

    [Fact]
    public void Add_BeyondTwoGenerations_ForgetsWhatWasNotAskedFor()
    {
        var recent = new RecentSignatures(countMax: 2);
        recent.Add([1], Signature);
        recent.Add([2], Signature);
        recent.Add([3], Signature);
        Assert.True(recent.Contains([1], Signature));

        recent.Add([4], Signature);
        recent.Add([5], Signature);

        Assert.True(recent.Contains([1], Signature));
        Assert.False(recent.Contains([2], Signature));
        Assert.True(recent.Contains([5], Signature));
    }

    [Fact]
    public void Verify_AfterAGenuineOne_StillRefusesEveryOther()
    {
        using var key = ClusterKey.CreateEphemeral();
        using var other = ClusterKey.CreateEphemeral();
        byte[] content = [1, 2, 3];
        var signature = key.Sign(content);
        var foreign = other.Sign(content);

        for (var round = 0; round < 2; round++)
        {
            Assert.True(key.Verify(content, signature));
            Assert.False(key.Verify([1, 2, 4], signature));
            Assert.False(key.Verify(content, foreign));
            signature[0] ^= 1;
            Assert.False(key.Verify(content, signature));
            signature[0] ^= 1;
        }
    }
}
