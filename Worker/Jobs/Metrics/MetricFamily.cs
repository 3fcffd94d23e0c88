using System.Globalization;
using System.Text;
using Google.Protobuf;

namespace OrleansFlow.Worker.Jobs.Metrics;

/// <summary>Values of one name, as Prometheus knows them: in the text form, and as <c>io.prometheus.client.MetricFamily</c>.</summary>
/// <param name="Name">Of the family; one of a counter ends in <c>_total</c>.</param>
/// <param name="Help">What is counted.</param>
/// <param name="IsCounter">Whether it only grows; otherwise a gauge.</param>
/// <param name="Samples">Values with their labels.</param>
internal sealed record MetricFamily(string Name, string Help, bool IsCounter, IReadOnlyList<MetricSample> Samples)
{
    // Field numbers of the format that Prometheus reads.
    private const int FamilyName = 1;
    private const int FamilyHelp = 2;
    private const int FamilyType = 3;
    private const int FamilyMetric = 4;
    private const int MetricLabel = 1;
    private const int MetricGauge = 2;
    private const int MetricCounter = 3;
    private const int LabelName = 1;
    private const int LabelValue = 2;
    private const int ValueField = 1;
    private const int CounterType = 0;
    private const int GaugeType = 1;

    /// <summary>The protobuf message.</summary>
    public ByteString ToMessage() => Message(family =>
    {
        WriteText(family, FamilyName, Name);
        WriteText(family, FamilyHelp, Help);
        family.WriteTag(FamilyType, WireFormat.WireType.Varint);
        family.WriteEnum(IsCounter ? CounterType : GaugeType);
        foreach (var sample in Samples)
        {
            WriteMessage(family, FamilyMetric, metric =>
            {
                foreach (var (name, value) in sample.Labels)
                {
                    WriteMessage(metric, MetricLabel, label =>
                    {
                        WriteText(label, LabelName, name);
                        WriteText(label, LabelValue, value);
                    });
                }

                WriteMessage(metric, IsCounter ? MetricCounter : MetricGauge, number =>
                {
                    number.WriteTag(ValueField, WireFormat.WireType.Fixed64);
                    number.WriteDouble(sample.Value);
                });
            });
        }
    });

    /// <summary>Adds the text form.</summary>
    public void WriteTo(StringBuilder text)
    {
        text.Append("# HELP ").Append(Name).Append(' ').Append(Help).Append('\n');
        text.Append("# TYPE ").Append(Name).Append(IsCounter ? " counter\n" : " gauge\n");
        foreach (var sample in Samples)
        {
            text.Append(Name).Append('{');
            for (var i = 0; i < sample.Labels.Count; i++)
            {
                text.Append(i == 0 ? "" : ",").Append(sample.Labels[i].Name).Append("=\"").Append(Escaped(sample.Labels[i].Value)).Append('"');
            }

            text.Append("} ").Append(sample.Value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
        }
    }

    private static string Escaped(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static ByteString Message(Action<CodedOutputStream> write)
    {
        using var buffer = new MemoryStream();
        using (var output = new CodedOutputStream(buffer, leaveOpen: true))
        {
            write(output);
        }

        return ByteString.CopyFrom(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    private static void WriteMessage(CodedOutputStream output, int field, Action<CodedOutputStream> write)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(Message(write));
    }

    private static void WriteText(CodedOutputStream output, int field, string text)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteString(text);
    }
}

/// <summary>One value.</summary>
/// <param name="Labels">Which one of the family.</param>
/// <param name="Value">The value.</param>
internal readonly record struct MetricSample(IReadOnlyList<(string Name, string Value)> Labels, double Value);
