using System.Security.Cryptography;
using System.Text;
using OrleansFlow.Errors;
using OrleansFlow.Silo.Security;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Security;

public sealed class ClusterKeyTests : IDisposable
{
    private static readonly byte[] Content = Encoding.UTF8.GetBytes("what is signed");

    private readonly TempFolder _folder = new();

    private string KeyPath => _folder.Combine(ClusterKey.FileName);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void LoadOrCreate_WithoutAFile_MakesOneThatOnlyItsOwnerReads()
    {
        using var key = ClusterKey.LoadOrCreate(KeyPath);

        Assert.Single(key.VerificationKeys);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyPath));
        }
    }

    [Fact]
    public void LoadOrCreate_WithAFile_VerifiesWhatWasSignedBefore()
    {
        byte[] signature;
        using (var first = ClusterKey.LoadOrCreate(KeyPath))
        {
            signature = first.Sign(Content);
        }

        using var again = ClusterKey.LoadOrCreate(KeyPath);

        Assert.True(again.Verify(Content, signature));
    }

    [Fact]
    public void VerificationKeys_AreWhatAnIndependentVerifierNeeds()
    {
        using var key = ClusterKey.LoadOrCreate(KeyPath);
        using var verifier = ECDsa.Create();
        verifier.ImportSubjectPublicKeyInfo(Convert.FromBase64String(key.VerificationKeys[0]), out _);

        Assert.True(verifier.VerifyData(Content, key.Sign(Content), HashAlgorithmName.SHA256));
        Assert.Equal(256, verifier.KeySize);
    }

    [Fact]
    public void Rotate_Once_VerifiesOldAndSignsWithNew()
    {
        using var before = ClusterKey.LoadOrCreate(KeyPath);
        ClusterKey.Rotate(KeyPath);
        using var after = ClusterKey.LoadOrCreate(KeyPath);

        Assert.True(after.Verify(Content, before.Sign(Content)));
        Assert.False(before.Verify(Content, after.Sign(Content)));
        Assert.Equal(2, after.VerificationKeys.Count);
        Assert.Equal(before.VerificationKeys[0], after.VerificationKeys[1]);
    }

    [Fact]
    public void Rotate_Twice_ForgetsTheOldest()
    {
        using var oldest = ClusterKey.LoadOrCreate(KeyPath);
        ClusterKey.Rotate(KeyPath);
        ClusterKey.Rotate(KeyPath);
        using var newest = ClusterKey.LoadOrCreate(KeyPath);

        Assert.Equal(ClusterKey.KeysMax, newest.VerificationKeys.Count);
        Assert.False(newest.Verify(Content, oldest.Sign(Content)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("no key at all")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")]
    public void LoadOrCreate_FileWithoutAKey_NamesFileAndWayOut(string content)
    {
        File.WriteAllText(KeyPath, content);

        var failure = Assert.Throws<FlowException>(() => ClusterKey.LoadOrCreate(KeyPath));

        Assert.Equal(FlowErrorCode.BadOption, failure.Code);
        Assert.Contains(KeyPath, failure.Message, StringComparison.Ordinal);
        Assert.Contains("Delete it", failure.Message, StringComparison.Ordinal);
        Assert.Equal(content, File.ReadAllText(KeyPath));
    }

    [Fact]
    public void LoadOrCreate_KeyOnAnotherCurve_IsRefused()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        File.WriteAllText(KeyPath, other.ExportPkcs8PrivateKeyPem());

        var failure = Assert.Throws<FlowException>(() => ClusterKey.LoadOrCreate(KeyPath));

        Assert.Contains("384", failure.Message, StringComparison.Ordinal);
    }
}
