using Orleans.Serialization;

namespace OrleansFlow.Tests.Embedded.Serialization;

/// <summary>Exceptions arrive with type, message, stack, inner exceptions and data, whatever they are.</summary>
public sealed class ExceptionCodecTests
{
    [Fact]
    public void Platform_Exception_KeepsTypeMessageStackInnerAndData()
    {
        var thrown = Throw(new InvalidOperationException("outer", new ArgumentNullException("name")) { Data = { ["k"] = 5, ["v"] = new Version(1, 2) } });

        var back = Assert.IsType<InvalidOperationException>(RoundTrip.Of(thrown));

        Assert.Equal("outer", back.Message);
        Assert.Contains(nameof(Throw), back.StackTrace, StringComparison.Ordinal);
        Assert.Equal(thrown.InnerException!.Message, Assert.IsType<ArgumentNullException>(back.InnerException).Message);
        Assert.Equal((5, "1.2"), (back.Data["k"], back.Data["v"]));
        Assert.Equal(thrown.HResult, back.HResult);
        Assert.Contains("outer", back.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Annotated_Exception_KeepsItsMembers()
    {
        var back = Assert.IsType<LeaseLostException>(RoundTrip.Of<Exception>(Throw(new LeaseLostException(new LeaseToken("t", 1), 2))));

        Assert.Equal((new LeaseToken("t", 1), 2, "Lease on t lost."), (back.Presented, back.CurrentEpoch, back.Message));
        Assert.NotNull(back.StackTrace);
    }

    [Fact]
    public void NotAnnotated_ExceptionOfAKnownAssembly_KeepsItsType()
    {
        var back = RoundTrip.Of<Exception>(new PlainException("plain"));

        Assert.Equal("plain", Assert.IsType<PlainException>(back).Message);
    }

    [Fact]
    public void Unknown_Exception_ArrivesAsFallbackThatNamesIt()
    {
        var bytes = RoundTrip.Serializer.SerializeToArray<Exception>(new PlainException("plain"));
        VersionToleranceTests.Replace(bytes, "PlainException", "OtherException");

        var back = Assert.IsType<UnavailableExceptionFallbackException>(RoundTrip.Serializer.Deserialize<Exception>(bytes));

        Assert.Equal("OrleansFlow.Tests.Embedded.Serialization.OtherException", back.ExceptionType);
        Assert.Equal("plain", back.Message);
    }

    [Fact]
    public void Name_OfATypeThatIsNoException_ArrivesAsFallback()
    {
        var bytes = RoundTrip.Serializer.SerializeToArray<Exception>(new PlainException("plain"));
        VersionToleranceTests.Replace(bytes, "PlainException", "LeaseToken\0\0\0\0");

        Assert.IsType<UnavailableExceptionFallbackException>(RoundTrip.Serializer.Deserialize<Exception>(bytes));
    }

    [Fact]
    public void Aggregate_Exception_KeepsAllInnerExceptions()
    {
        var back = Assert.IsType<AggregateException>(
            RoundTrip.Of<Exception>(new AggregateException("many", new TimeoutException("a"), new PlainException("b"))));

        Assert.Equal(2, back.InnerExceptions.Count);
        Assert.Same(back.InnerException, back.InnerExceptions[0]);
        Assert.Contains("b", back.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(typeof(OperationCanceledException))]
    [InlineData(typeof(TaskCanceledException))]
    [InlineData(typeof(ArgumentException))]
    [InlineData(typeof(KeyNotFoundException))]
    [InlineData(typeof(TimeoutException))]
    [InlineData(typeof(System.IO.IOException))]
    [InlineData(typeof(SerializerException))]
    [InlineData(typeof(Exception))]
    public void Common_Exception_KeepsItsTypeAndText(Type type)
    {
        var exception = (Exception)Activator.CreateInstance(type, "text")!;

        var back = RoundTrip.Of(exception);

        Assert.IsType(type, back);
        Assert.Equal(exception.Message, back.Message);
        Assert.NotEmpty(back.ToString());
    }

    [Fact]
    public void Converted_Exception_IsRebuiltByItsConverter()
    {
        var back = Assert.IsType<CodedException>(RoundTrip.Of<Exception>(new CodedException("m", 5)));
        var detailed = Assert.IsType<DetailedException>(RoundTrip.Of<Exception>(new DetailedException("m", "d")));

        Assert.Equal(("m", 5), (back.Message, back.Code));
        Assert.Equal(("m", "d"), (detailed.Message, detailed.Detail));
    }

    [Fact]
    public void Copy_OfAnException_IsTheSameReference()
    {
        Exception exception = new LeaseLostException(new LeaseToken("t", 1), 2);

        Assert.Same(exception, RoundTrip.Copier.Copy(exception));
    }

    private static T Throw<T>(T exception)
        where T : Exception
    {
        try
        {
            throw exception;
        }
        catch (T caught)
        {
            return caught;
        }
    }
}
