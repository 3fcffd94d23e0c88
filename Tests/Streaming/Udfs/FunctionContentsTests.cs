using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Objects;
using OrleansFlow.Streaming.Udfs;

namespace OrleansFlow.Tests.Streaming.Udfs;

/// <summary>Goal: contents are fetched once, kept within bounds, and never other than their hash says.</summary>
public sealed class FunctionContentsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("flow-udf-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Content_IsFetchedOnce_AndThenKept()
    {
        var function = await StoreAsync("a.cs", "one");
        var contents = new FunctionContents();
        Assert.Equal("one", Encoding.UTF8.GetString(await contents.GetAsync(function, 100, Token)));
        File.Delete(Path.Combine(_folder, "a.cs"));

        Assert.Equal("one", Encoding.UTF8.GetString(await contents.GetAsync(function, 100, Token)));
        Assert.Equal(3, contents.KeptBytes);
    }

    [Fact]
    public async Task ContentThatWasNotUsedForLongest_LeavesFirst()
    {
        var (first, second, third) = (await StoreAsync("a.cs", "1111"), await StoreAsync("b.cs", "2222"), await StoreAsync("c.cs", "3333"));
        var contents = new FunctionContents(keptBytesMax: 8);
        await contents.GetAsync(first, 100, Token);
        await contents.GetAsync(second, 100, Token);
        await contents.GetAsync(first, 100, Token);
        await contents.GetAsync(third, 100, Token);
        Assert.Equal(8, contents.KeptBytes);
        Directory.Delete(_folder, recursive: true);
        Directory.CreateDirectory(_folder);

        await contents.GetAsync(first, 100, Token);
        await contents.GetAsync(third, 100, Token);
        Assert.Equal(FlowErrorCode.BadFunction, (await Assert.ThrowsAsync<FlowException>(async () => await contents.GetAsync(second, 100, Token))).Code);
    }

    [Fact]
    public async Task ContentThatWasChanged_IsRefused_AndTheFunctionNamed()
    {
        var function = await StoreAsync("a.cs", "one");
        await File.WriteAllTextAsync(Path.Combine(_folder, "a.cs"), "two", Token);
        await AssertBadAsync(function, 100, "it was changed since");

        function.ContentUrl = "";
        function.Content = ByteString.CopyFromUtf8("two");
        await AssertBadAsync(function, 100, $"its content has the SHA-256 {Convert.ToHexStringLower(SHA256.HashData("two"u8))}, and the program says {Convert.ToHexStringLower(SHA256.HashData("one"u8))}");
    }

    [Fact]
    public async Task ContentThatIsTooLong_OrNotThere_OrWithoutHash_IsRefused()
    {
        var function = await StoreAsync("a.cs", "one");
        await AssertBadAsync(function, 2, "cannot be read");
        function.ContentUrl += "x";
        await AssertBadAsync(function, 100, "there is no object");
        function.ContentUrl = "ftp://host/a";
        await AssertBadAsync(function, 100, "'ftp://host/a' cannot be read");
        function.ContentUrl = "";
        await AssertBadAsync(function, 100, "the program says");
        function.ContentHash = ByteString.CopyFromUtf8("short");
        await AssertBadAsync(function, 100, "its content hash has 5 bytes");
    }

    private static async Task AssertBadAsync(UserFunction function, int bytesMax, string words)
    {
        var bad = await Assert.ThrowsAsync<FlowException>(async () => await new FunctionContents().GetAsync(function, bytesMax, Token));
        Assert.Equal(FlowErrorCode.BadFunction, bad.Code);
        Assert.StartsWith("Function 'f' (csharp): ", bad.Message, StringComparison.Ordinal);
        Assert.Contains(words, bad.Message, StringComparison.Ordinal);
    }

    private async Task<UserFunction> StoreAsync(string name, string content)
    {
        using var store = ObjectStores.Open(_folder);
        var bytes = Encoding.UTF8.GetBytes(content);
        await store.PutAsync(name, bytes, Token);
        return new UserFunction { Name = "f", Language = "csharp", ContentUrl = new Uri(Path.Combine(_folder, name)).AbsoluteUri, ContentHash = ByteString.CopyFrom(SHA256.HashData(bytes)) };
    }
}
