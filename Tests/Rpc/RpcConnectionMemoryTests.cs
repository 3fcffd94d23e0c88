using System.Buffers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Rpc.Server;

namespace OrleansFlow.Tests.Rpc;

public sealed class RpcConnectionMemoryTests
{
    private const int BlockBytes = 64 * 1024;

    [Fact]
    public async Task AddRpcServer_GivesKestrelItsBlocks()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddRpcServer().AddRpcServer();
        await using var app = builder.Build();

        var factory = Assert.Single(app.Services.GetServices<IMemoryPoolFactory<byte>>());

        Assert.Equal(typeof(RpcServerServices).Assembly, factory.GetType().Assembly);
        using var pool = factory.Create();
        Assert.Equal(BlockBytes, pool.MaxBufferSize);
    }

    [Fact]
    public void Block_GivenBackTwice_IsGivenOutOnce()
    {
        using var pool = Factory().Create();
        var first = pool.Rent();
        Assert.Equal(BlockBytes, first.Memory.Length);
        first.Memory.Span[0] = 1;
        first.Dispose();
        first.Dispose();
        Assert.Throws<ObjectDisposedException>(() => first.Memory);

        using var second = pool.Rent(BlockBytes);
        using var third = pool.Rent(1);
        second.Memory.Span[0] = 2;
        third.Memory.Span[0] = 3;

        Assert.Equal((2, 3), (second.Memory.Span[0], third.Memory.Span[0]));
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(BlockBytes + 1));
    }

    [Fact]
    public void Blocks_OfManyThreads_AreNeverShared()
    {
        var factory = Factory();
        Parallel.For(0, 8, worker =>
        {
            using var pool = factory.Create();
            var held = new Queue<IMemoryOwner<byte>>();
            for (var round = 0; round < 2_000; round++)
            {
                var block = pool.Rent();
                block.Memory.Span[7] = (byte)worker;
                held.Enqueue(block);
                if (held.Count > worker)
                {
                    using var oldest = held.Dequeue();
                    Assert.Equal((byte)worker, oldest.Memory.Span[7]);
                }
            }
        });
    }

    private static IMemoryPoolFactory<byte> Factory()
    {
        var services = new ServiceCollection();
        services.AddRpcServer();
        return services.BuildServiceProvider().GetRequiredService<IMemoryPoolFactory<byte>>();
    }
}
