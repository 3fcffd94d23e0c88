using OrleansFlow.Streaming.Dataflow;

namespace OrleansFlow.Tests.Streaming.Dataflow;

public class WatermarkHolderTests
{
    [Fact]
    public void Holder_BeforeEveryInputHasReported_SaysNothing()
    {
        var holder = new WatermarkHolder(2);

        Assert.Null(holder.Report(0, Watermark.At(5)));
        Assert.Null(holder.Current);
        Assert.Equal(Watermark.At(3), holder.Report(1, Watermark.At(3)));
    }

    [Fact]
    public void Holder_TakesTheSmallestOfItsInputs()
    {
        var holder = new WatermarkHolder(2);
        holder.Report(0, Watermark.At(5));
        holder.Report(1, Watermark.At(3));

        Assert.Null(holder.Report(0, Watermark.At(9)));
        Assert.Equal(Watermark.At(9), holder.Report(1, Watermark.At(12)));
    }

    [Fact]
    public void IdleInput_HoldsNobodyBack()
    {
        var holder = new WatermarkHolder(2);
        holder.Report(0, Watermark.At(5));
        holder.Report(1, Watermark.At(3));

        Assert.Equal(Watermark.At(5), holder.Report(1, Watermark.Idle));
        Assert.Equal(Watermark.At(7), holder.Report(0, Watermark.At(7)));
    }

    [Fact]
    public void AllInputsIdle_AreIdleTogether_AndTheLastEventTimeIsKept()
    {
        var holder = new WatermarkHolder(2);
        holder.Report(0, Watermark.At(5));
        holder.Report(1, Watermark.Idle);

        Assert.Equal(Watermark.Idle, holder.Report(0, Watermark.Idle));
        Assert.Equal(5, holder.LastEventTimeMicros);
        Assert.Equal(Watermark.At(5), holder.Report(1, Watermark.At(2)));
    }

    [Fact]
    public void Holder_AfterARestart_StaysAboveWhatCameOutBefore()
    {
        var holder = new WatermarkHolder(1, floorMicros: 100);

        Assert.Equal(100, holder.LastEventTimeMicros);
        Assert.Equal(Watermark.At(100), holder.Report(0, Watermark.At(40)));
        Assert.Null(holder.Report(0, Watermark.At(60)));
        Assert.Equal(Watermark.At(101), holder.Report(0, Watermark.At(101)));
    }

    [Fact]
    public void WhatComesOut_NeverGoesBackAndNeverPassesAnActiveInput()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var inputs = random.Next(1, 6);
            var holder = new WatermarkHolder(inputs);
            var reports = new Watermark?[inputs];
            var last = long.MinValue;
            for (var step = 0; step < 60; step++)
            {
                var input = random.Next(inputs);
                var watermark = random.Next(4) == 0 ? Watermark.Idle : Watermark.At(random.Next(100));
                reports[input] = watermark;
                var result = holder.Report(input, watermark);

                if (reports.Any(report => report is null))
                {
                    Assert.Null(result);
                    continue;
                }

                var active = reports.Where(report => report is { IsIdle: false }).Select(report => report!.Value.EventTimeMicros).ToList();
                Assert.Equal(active.Count == 0, holder.Current!.Value.IsIdle);
                if (result is { IsIdle: false } moved)
                {
                    Assert.True(moved.EventTimeMicros >= last, $"seed {seed}: {moved} after {last}");
                    Assert.Equal(Math.Max(last, active.Min()), moved.EventTimeMicros);
                    last = moved.EventTimeMicros;
                }
            }
        }
    }
}
