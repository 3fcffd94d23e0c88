using System.Buffers;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Embedded.Serialization;
using Orleans.Serialization;

namespace OrleansFlow.Tests.Embedded.Serialization;

/// <summary>The services, every way in and out of bytes, and values with identity.</summary>
public sealed class SerializerServiceTests
{
    static SerializerServiceTests() => CodecRegistry.RegisterShared(static type => typeof(IHandle).IsAssignableFrom(type));

    [Fact]
    public void AddSerializer_Twice_GivesWorkingServices()
    {
        using var services = new ServiceCollection().AddSerializer().AddSerializer(static builder => Assert.NotNull(builder.Services))
            .BuildServiceProvider();
        var typed = services.GetRequiredService<Serializer<Point>>();
        var point = new Point(1, 2);

        Assert.Equal(point, typed.Deserialize(typed.SerializeToArray(point)));
        Assert.Same(point, services.GetRequiredService<DeepCopier<Point>>().Copy(point));
        Assert.Same(point, services.GetRequiredService<DeepCopier>().GetCopier<Point>().Copy(point));
    }

    [Fact]
    public void Bytes_ThroughEveryOverload_AreTheSameValue()
    {
        var serializer = RoundTrip.Serializer;
        var point = new Point(1, 2, "n");
        var array = serializer.SerializeToArray(point);
        var buffer = new ArrayBufferWriter<byte>();
        using var stream = new MemoryStream();

        serializer.Serialize(point, buffer);
        serializer.Serialize(point, stream);
        stream.Position = 0;

        Assert.Equal(array, buffer.WrittenSpan.ToArray());
        Assert.Equal(array, stream.ToArray());
        Assert.Equal(point, serializer.Deserialize<Point>(stream));
        Assert.Equal(point, serializer.Deserialize<Point>(array.AsSpan()));
        Assert.Equal(point, serializer.Deserialize<Point>(array.AsMemory()));
        Assert.Equal(point, serializer.Deserialize<Point>(((byte[])[9, .. array]).AsMemory(1)));
        Assert.Equal(point, serializer.Deserialize<Point>(Segmented(array)));
        Assert.True(serializer.CanSerialize<Point>());
        Assert.False(serializer.CanSerialize<UnknownAnimal>());
    }

    [Fact]
    public void ValueWithIdentity_Copied_IsTheSame()
    {
        IHandle handle = new Handle("h");
        var holder = new Node { Tag = handle };

        Assert.Same(handle, RoundTrip.Copier.Copy(handle));
        Assert.Same(handle, RoundTrip.Copier.Copy(holder).Tag);
    }

    [Fact]
    public void ValueWithIdentity_Written_GoesThroughTheFormatter()
    {
        using var services = new ServiceCollection().AddSingleton<IReferenceFormatter>(new HandleFormatter()).AddSerializer()
            .BuildServiceProvider();
        var serializer = services.GetRequiredService<Serializer>();
        IHandle handle = new Handle("h");

        Assert.Equal("IHandle:h", serializer.Deserialize<IHandle>(serializer.SerializeToArray(handle)).Name);
        Assert.Equal("Handle:h", serializer.Deserialize<Handle>(serializer.SerializeToArray((Handle)handle)).Name);
        Assert.Equal("h", Assert.IsType<Handle>(serializer.Deserialize<object>(serializer.SerializeToArray<object>(handle))).Name.Split(':')[1]);
        Assert.Equal(2, serializer.Deserialize<List<IHandle>>(serializer.SerializeToArray<List<IHandle>>([handle, handle])).Count);
    }

    [Fact]
    public void ValueWithIdentity_WithoutFormatter_IsRefusedWithAdvice()
    {
        var exception = Assert.Throws<CodecNotFoundException>(() => RoundTrip.Of<IHandle>(new Handle("h")));

        Assert.Contains(nameof(IReferenceFormatter), exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Name_OfTwoTypes_IsRefusedWhenItIsUsed()
    {
        CodecRegistry.RegisterName(typeof(FirstTwin), "test.twin");
        CodecRegistry.RegisterName(typeof(SecondTwin), "test.twin");

        var exception = Assert.Throws<SerializerException>(() => RoundTrip.Serializer.SerializeToArray<object>(new List<FirstTwin>()));

        Assert.Contains(nameof(SecondTwin), exception.Message, StringComparison.Ordinal);
    }

    private static ReadOnlySequence<byte> Segmented(byte[] bytes)
    {
        var first = new Segment(bytes.AsMemory(0, 2), 0, null);
        var last = new Segment(bytes.AsMemory(2), 2, first);
        return new ReadOnlySequence<byte>(first, 0, last, bytes.Length - 2);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long index, Segment? previous)
        {
            (Memory, RunningIndex) = (memory, index);
            if (previous is not null)
            {
                previous.Next = this;
            }
        }
    }

    private interface IHandle
    {
        string Name { get; }
    }

    private sealed class Handle(string name) : IHandle
    {
        public string Name { get; } = name;
    }

    private sealed class HandleFormatter : IReferenceFormatter
    {
        public string Format(object reference) => ((Handle)reference).Name;

        public object Parse(string text, Type declaredType) => new Handle($"{declaredType.Name}:{text}");
    }

    private sealed class FirstTwin;

    private sealed class SecondTwin;
}
