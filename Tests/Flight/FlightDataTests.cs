using System.Net;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using OrleansFlow.Arrow;
using OrleansFlow.Flight;
using OrleansFlow.Rpc;
using OrleansFlow.Rpc.Server;
using Protos = OrleansFlow.Flight.Protos;

namespace OrleansFlow.Tests.Flight;

/// <summary>
/// FlightData is written and read by hand. Here the other side is Protocol Buffers' own code, so that each message proves
/// both directions.
/// </summary>
public sealed class FlightDataTests
{
    private const int TimeoutMs = 60_000;

    private static readonly RpcMethod<Protos.FlightData, Protos.FlightData> Oracle =
        RpcMethod.Protobuf<Protos.FlightData, Protos.FlightData>(RpcMethodKind.Duplex, FlightMethods.Service, "DoExchange");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Timeout = TimeoutMs)]
    [InlineData(false, 0, 0)]
    [InlineData(true, 0, 0)]
    [InlineData(false, 1, 0)]
    [InlineData(true, 127, 1)]
    [InlineData(true, 128, 16_383, 16_384)]
    [InlineData(false, 300, 65_535, 1, 65_537)]
    [InlineData(true, 20_000, 3_000_000, 8, 100_000)]
    public async Task Message_OfAnyShape_IsTheSameToProtocolBuffers(bool hasDescriptor, int headerBytes, params int[] bodyParts)
    {
        var random = new Random(headerBytes);
        byte[] Bytes(int count)
        {
            var bytes = new byte[count];
            random.NextBytes(bytes);
            return bytes;
        }

        var parts = bodyParts.Select(count => (ReadOnlyMemory<byte>)Bytes(count)).ToArray();
        var sent = new FlightData
        {
            Descriptor = hasDescriptor ? FlightDescriptor.ForPath("a", "größe").ToWire() : null,
            Header = Bytes(headerBytes),
            AppMetadata = Bytes(headerBytes / 3),
            BodyParts = parts,
        };
        Protos.FlightData? seen = null;
        var memory = new CountingAllocator();
        var methods = new FlightMethods(new FlightOptions { Allocator = memory });
        await using var app = await StartAsync(message => (seen = message));
        await using var channel = RpcChannel.ForAddress(app.Urls.Single());
        await using var call = channel.Duplex(methods.DoExchange);

        await call.WriteAsync(sent, Token);
        await call.CompleteAsync();
        var received = await call.ReadAllAsync(Token).SingleAsync(Token);

        var body = parts.SelectMany(part => part.ToArray()).ToArray();
        Assert.Equal(sent.Descriptor, seen!.FlightDescriptor);
        Assert.Equal(sent.Header.ToArray(), seen.DataHeader.ToByteArray());
        Assert.Equal(sent.AppMetadata.ToArray(), seen.AppMetadata.ToByteArray());
        Assert.Equal(body, seen.DataBody.ToByteArray());
        Assert.Equal(sent.Descriptor, received.Descriptor);
        Assert.Equal(sent.Header.ToArray(), received.Header.ToArray());
        Assert.Equal(sent.AppMetadata.ToArray(), received.AppMetadata.ToArray());
        using (received)
        {
            var taken = received.TakeBody();
            Assert.Equal(body, taken.Span.ToArray());
            taken.Release();
        }

        Assert.Equal(0, memory.LiveBuffers);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Message_WithFieldsOfTomorrow_IsReadWithoutThem()
    {
        // Field 15: a number; field 16: four bytes; field 17: eight bytes; field 18: text. Then a header.
        byte[] tomorrow =
        [
            0x78, 0x96, 0x01,
            0x85, 0x01, 1, 2, 3, 4,
            0x89, 0x01, 1, 2, 3, 4, 5, 6, 7, 8,
            0x92, 0x01, 2, (byte)'h', (byte)'i',
            0x12, 1, 42,
        ];
        await using var app = await StartAsync(_ => Protos.FlightData.Parser.ParseFrom(tomorrow));

        using var received = await ExchangeAsync(app, new FlightOptions());

        Assert.Equal([42], received.Header.ToArray());
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData(64 * 1024 - 8, true)]
    [InlineData(64 * 1024, false)]
    public async Task Message_BeyondTheLimit_IsResourceExhausted(int bodyBytes, bool fits)
    {
        var memory = new CountingAllocator();
        await using var app = await StartAsync(_ => new Protos.FlightData { DataBody = ByteString.CopyFrom(new byte[bodyBytes]) });

        var failure = await Record.ExceptionAsync(async () =>
        {
            using var received = await ExchangeAsync(app, new FlightOptions { MessageBytesMax = FlightOptions.MessageBytesMinLimit, Allocator = memory });
        });

        Assert.Equal(fits ? null : RpcStatusCode.ResourceExhausted, (failure as RpcException)?.Code);
        Assert.Equal(0, memory.LiveBuffers);
    }

    [Theory]
    [InlineData(64 * 1024 - 1, false)]
    [InlineData(64 * 1024, true)]
    [InlineData(int.MaxValue - 64, true)]
    [InlineData(int.MaxValue - 63, false)]
    public void Options_MessageLimit_HasARange(int messageBytesMax, bool allowed)
    {
        var failure = Record.Exception(() => FlightRpc.Define(new NumbersProducer(ArrowAllocator.Default), new FlightOptions { MessageBytesMax = messageBytesMax }));

        Assert.Equal(allowed ? null : typeof(ArgumentOutOfRangeException), failure?.GetType());
    }

    [Fact]
    public void Descriptor_WithoutAName_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => FlightDescriptor.ForPath());
        Assert.Throws<ArgumentException>(() => FlightDescriptor.ForPath("a", ""));
        foreach (var wire in (Protos.FlightDescriptor?[])[
            null,
            new Protos.FlightDescriptor(),
            new Protos.FlightDescriptor { Type = Protos.FlightDescriptor.Types.DescriptorType.Path },
            new Protos.FlightDescriptor { Type = Protos.FlightDescriptor.Types.DescriptorType.Path, Path = { "a", "" } }])
        {
            Assert.Equal(RpcStatusCode.InvalidArgument, Assert.Throws<RpcException>(() => FlightDescriptor.FromWire(wire)).Code);
        }
    }

    [Fact]
    public void Descriptor_OfACommand_IsEqualByBytesAndShowsNone()
    {
        var descriptor = FlightDescriptor.ForCommand("select secret");

        Assert.Equal(descriptor, FlightDescriptor.FromWire(descriptor.ToWire()));
        Assert.NotEqual(descriptor, FlightDescriptor.ForPath("select secret"));
        Assert.Equal("command of 13 bytes", descriptor.ToString());
    }

    private static async Task<FlightData> ExchangeAsync(WebApplication app, FlightOptions options)
    {
        await using var channel = RpcChannel.ForAddress(app.Urls.Single());
        await using var call = channel.Duplex(new FlightMethods(options).DoExchange);
        await call.WriteAsync(new FlightData(), Token);
        return await call.ReadAllAsync(Token).FirstAsync(Token);
    }

    private static async Task<WebApplication> StartAsync(Func<Protos.FlightData, Protos.FlightData> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ConfigureFlowHttp2();
            kestrel.Listen(IPAddress.Loopback, 0, listener => listener.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddRpcServer();
        var app = builder.Build();
        app.MapRpcService(new RpcServiceDefinition(FlightMethods.Service).Duplex(Oracle, (messages, _) => messages.Select(answer)));
        await app.StartAsync(Token);
        return app;
    }
}
