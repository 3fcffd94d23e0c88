using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Tests.Streaming.Formats.Samples;

namespace OrleansFlow.Tests.Streaming.Formats;

/// <summary>Messages of classes that protoc made: what is measured by.</summary>
internal static class ProtobufSamples
{
    private static readonly ArrowType Point = ArrowType.Struct(new ArrowField("tags", ArrowType.List(ArrowType.Utf8)), new ArrowField("x", ArrowType.Int32), new ArrowField("y", ArrowType.Float64));
    private static readonly ArrowType Micros = ArrowType.Timestamp(TimeUnit.Microsecond);

    public static ArrowSchema Columns { get; } = new(
        Field("d", ArrowType.Float64), Field("f", ArrowType.Float32), Field("i32", ArrowType.Int32), Field("i64", ArrowType.Int64), Field("u32", ArrowType.UInt32), Field("u64", ArrowType.UInt64),
        Field("s32", ArrowType.Int32), Field("s64", ArrowType.Int64), Field("f32", ArrowType.Int64), Field("f64", ArrowType.UInt64), Field("sf32", ArrowType.Int32), Field("sf64", ArrowType.Int64),
        Field("b", ArrowType.Boolean), Field("s", ArrowType.Utf8), Field("by", ArrowType.Binary), Field("suit", ArrowType.Utf8), Field("p", Point), Field("oi", ArrowType.Int32), Field("os", ArrowType.Utf8),
        Field("ri", ArrowType.List(ArrowType.Int32)), Field("rs", ArrowType.List(ArrowType.Utf8)), Field("rp", ArrowType.List(Point)), Field("m", ArrowType.Map(ArrowType.Utf8, ArrowType.Int64)),
        Field("mp", ArrowType.Map(ArrowType.Int32, Point)), Field("ci", ArrowType.Int32), Field("cs", ArrowType.Utf8), Field("cp", Point), Field("at", Micros), Field("w", ArrowType.Int64),
        Field("unpacked", ArrowType.List(ArrowType.Int64)), Field("suits", ArrowType.List(ArrowType.Utf8)), Field("rd", ArrowType.List(ArrowType.Float64)), Field("times", ArrowType.List(Micros)),
        Field("ws", ArrowType.Utf8));

    public static FormatConfig Format { get; } = FormatOf(Everything.Descriptor);

    /// <summary>The format of a message. Files of Protobuf itself are left out, as protoc does unless it is told otherwise.</summary>
    public static FormatConfig FormatOf(MessageDescriptor message) => new()
    {
        Kind = FormatKind.Protobuf,
        ProtobufMessage = message.FullName,
        ProtobufDescriptors = new FileDescriptorSet { File = { message.File.ToProto() } }.ToByteString(),
    };

    /// <summary>A message by chance.</summary>
    public static Everything Random(Random random)
    {
        var one = new Everything
        {
            D = Maybe(random, random.NextDouble()), F = Maybe(random, (float)random.NextDouble()), I32 = (int)Number(random), I64 = Number(random), U32 = (uint)Number(random), U64 = (ulong)Number(random),
            S32 = (int)Number(random), S64 = Number(random), F32 = (uint)Number(random), F64 = (ulong)Number(random), Sf32 = (int)Number(random), Sf64 = Number(random), B = random.Next(2) == 0,
            S = Text(random), By = ByteString.CopyFrom(BitConverter.GetBytes(Number(random)).AsSpan(random.Next(9))), Suit = Suits(random),
        };
        one.P = random.Next(2) == 0 ? PointOf(random) : null;
        one.At = random.Next(3) == 0 ? null : Time(random);
        one.W = random.Next(3) == 0 ? null : Maybe(random, Number(random));
        one.Ws = random.Next(3) == 0 ? null : Text(random);
        if (random.Next(2) == 0)
        {
            one.Oi = Maybe(random, random.Next());
            one.Os = Text(random);
        }

        switch (random.Next(4))
        {
            case 0:
                one.Ci = Maybe(random, random.Next());
                break;
            case 1:
                one.Cs = Text(random);
                break;
            case 2:
                one.Cp = PointOf(random);
                break;
        }

        for (var i = random.Next(4); i > 0; i--)
        {
            one.Ri.Add((int)Number(random));
            one.Rs.Add(Text(random));
            one.Rp.Add(PointOf(random));
            one.M[$"k{i}"] = Maybe(random, Number(random));
            one.Mp[i - 1] = PointOf(random);
            one.Unpacked.Add(Number(random));
            one.Suits.Add(Suits(random));
            one.Rd.Add(Maybe(random, random.NextDouble()));
            one.Times.Add(Time(random));
        }

        return one;
    }

    private static ArrowField Field(string name, ArrowType type) => new(name, type);

    private static Point PointOf(Random random)
    {
        var point = new Point { X = Maybe(random, random.Next()) };
        point.Tags.AddRange(Enumerable.Range(0, random.Next(3)).Select(_ => Text(random)));
        if (random.Next(2) == 0)
        {
            point.Y = Maybe(random, random.NextDouble());
        }

        return point;
    }

    private static T Maybe<T>(Random random, T value) => random.Next(3) == 0 ? default! : value;

    private static long Number(Random random) => random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64);

    private static string Text(Random random) => random.Next(3) == 0 ? "" : $"\u20ac{random.Next()}";

    private static Suit Suits(Random random) => (Suit)(random.Next(3) switch { 0 => 0, 1 => 7, _ => 99 });

    private static Timestamp Time(Random random) => new() { Seconds = random.NextInt64(-1L << 32, 1L << 32), Nanos = random.Next(1_000_000) * 1_000 };
}
