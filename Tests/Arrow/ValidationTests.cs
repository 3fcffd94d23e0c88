using System.Numerics;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.CData;

namespace OrleansFlow.Tests.Arrow;

/// <summary>Goal: Validate finds wrong sizes at once, ValidateFull every broken promise, and right data passes both.</summary>
public sealed unsafe class ValidationTests
{
    [Fact]
    public void RightData_OfEveryType_PassesBoth()
    {
        using var batch = SampleData.Create(SampleData.FullSchema, 60, 9);
        using var slice = batch.Slice(7, 31);
        batch.Validate();
        batch.ValidateFull();
        slice.Validate();
        slice.ValidateFull();
    }

    [Fact]
    public void Offsets_EndsWrong_CheapFindsItAndMiddleWrong_OnlyFull()
    {
        using var builder = new RecordBatchBuilder(new ArrowSchema(new ArrowField("s", ArrowType.Utf8)));
        using var batch = builder.AppendRow("abc").AppendRow("de").Build();
        var offsets = (int*)batch.Column(0).Data.Buffers[1].Pointer;
        offsets[1] = 9;
        batch.Validate();
        Assert.Contains("Column 's'", Assert.Throws<ArrowFormatException>(batch.ValidateFull).Message, StringComparison.Ordinal);
        offsets[1] = 3;
        offsets[2] = 6;
        Assert.Contains("0 to 6 of 5", Assert.Throws<ArrowFormatException>(batch.Validate).Message, StringComparison.Ordinal);
        offsets[2] = 5;
        batch.ValidateFull();
    }

    [Fact]
    public void Children_OfAnotherType_AreFoundByTheCheapCheck()
    {
        using var numbers = new Int32Builder();
        numbers.Append(1);
        using var row = ArrowArray.Create(new ArrowArrayData
        {
            Type = ArrowType.Struct(new ArrowField("a", ArrowType.Float32)), Length = 1, NullCount = 0, Buffers = [ArrowBuffer.Empty], Children = [numbers.Build()],
        });
        Assert.Contains("child 0 is int32, not float", Assert.Throws<ArrowFormatException>(row.Validate).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decimals_AtAndBeyondTheirDigits_PassAndFail()
    {
        foreach (var (type, bits) in ((DecimalType, int)[])[(ArrowType.Decimal32(3, 1), 32), (ArrowType.Decimal64(3, 1), 64), (ArrowType.Decimal128(3, 1), 128), (ArrowType.Decimal256(3, 1), 256)])
        {
            foreach (var (value, fits) in ((int, bool)[])[(999, true), (-999, true), (1000, false), (-1000, false)])
            {
                using var builder = ArrowArrayBuilder.Create(type);
                switch (builder)
                {
                    case Decimal32Builder narrow:
                        narrow.Append(value);
                        break;
                    case Decimal64Builder middle:
                        middle.Append((long)value);
                        break;
                    case Decimal128Builder wide:
                        wide.Append((Int128)value);
                        break;
                    default:
                        ((Decimal256Builder)builder).Append((BigInteger)value);
                        break;
                }

                using var array = builder.Build();
                array.Validate();
                AssertFull(array, fits, $"decimal{bits}(3, 1): value 0 has more than 3 digits");
            }
        }
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(0, true)]
    [InlineData(86_399, true)]
    [InlineData(86_400, false)]
    public void Times_AtAndBeyondADay_PassAndFail(int seconds, bool fits)
    {
        using var time32 = new Time32Builder(TimeUnit.Second);
        time32.Append(seconds);
        using var narrow = time32.Build();
        AssertFull(narrow, fits, "not within a day");
        using var time64 = new Time64Builder(TimeUnit.Nanosecond);
        time64.Append(seconds * 1_000_000_000L);
        using var wide = time64.Build();
        AssertFull(wide, fits, "not within a day");
    }

    [Fact]
    public void Dates_PartsOfADay_Fail()
    {
        foreach (var (value, fits) in ((long, bool)[])[(-86_400_000, true), (86_400_001, false)])
        {
            using var builder = new Date64Builder();
            builder.Append(value);
            using var array = builder.Build();
            AssertFull(array, fits, "not a whole day");
        }
    }

    [Fact]
    public void Nulls_WhereNoneMayBe_AreNamed()
    {
        using var builder = new RecordBatchBuilder(new ArrowSchema(new ArrowField("s", ArrowType.Struct(new ArrowField("a", ArrowType.Int32, false)))));
        using var batch = builder.AppendRow((object?)new object?[] { null }).Build();
        Assert.Contains("'a' is not nullable", Assert.Throws<ArrowFormatException>(batch.ValidateFull).Message, StringComparison.Ordinal);
        using var maps = ArrowArrayBuilder.Create(ArrowType.Map(ArrowType.Utf8, ArrowType.Int32));
        maps.AppendObject(new object?[] { new object?[] { null, 1 } });
        using var map = maps.Build();
        AssertFull(map, false, "map 0 has a null key");
    }

    [Fact]
    public void Dictionary_WithDamagedValues_IsFoundByFullAndByTheImport()
    {
        using var builder = ArrowArrayBuilder.Create(ArrowType.Dictionary(ArrowType.Int8, ArrowType.Utf8));
        builder.AppendObject("abc");
        using var array = builder.Build();
        array.Data.Dictionary!.Data.Buffers[2].WritableSpan[0] = 0xFF;
        AssertFull(array, false, "not UTF-8");
        Assert.Contains("not UTF-8", Assert.Throws<ArrowFormatException>(() => Cycle(array)).Message, StringComparison.Ordinal);
    }

    private static void Cycle(ArrowArray array)
    {
        CArrowArray structure = default;
        CDataExporter.ExportArray(array, &structure);
        CDataImporter.ImportArray(&structure, array.Type, validate: true).Dispose();
    }

    private static void AssertFull(ArrowArray array, bool fits, string expected)
    {
        if (fits)
        {
            array.ValidateFull();
        }
        else
        {
            Assert.Contains(expected, Assert.Throws<ArrowFormatException>(array.ValidateFull).Message, StringComparison.Ordinal);
        }
    }
}
