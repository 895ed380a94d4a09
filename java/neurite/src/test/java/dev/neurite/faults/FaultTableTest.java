package dev.neurite.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;

/**
 * Which test shows what happens at which fault, by the numbers of the project's list of bad inputs and faults. Every
 * test named here must exist, and every number promised must be here.
 */
class FaultTableTest {

  /** Tests as {@code Class#method} below dev.neurite, or {@code module:Class#method} for another module. */
  record Row(int number, String fault, String... tests) {}

  private static final List<Row> FILES =
      List.of(
          new Row(1, "an empty file given to each reader",
              "data.IdxTest#anEmptyFileIsRefused", "neurite-data:data.csv.CsvTest#emptyFilesAreRefused",
              "io.SafetensorsTest#emptyAndShortFilesAreRefused",
              "io.NpyTest#damagedHeadersAreRefused", "io.NpyTest#foreignEntriesDamageAndObjectsAreRefused",
              "io.WavTest#emptyAndForeignFilesAreRefused", "io.PnmTest#damagedFilesAreRefused",
              "neurite-data:data.image.ImageFileTest#emptyFilesTextsAndCutPicturesAreRefusedByName",
              "nn.ModelFileTest#emptyMissingAndForeignFilesAreRefused",
              "neurite-cli:cli.MainTest#whatIsNoPictureOrNoModelGetsOneClearLine"),
          new Row(2, "IDX: wrong magic or type code", "data.IdxTest#aWrongMagicIsShown"),
          new Row(3, "IDX: header promises more than any memory",
              "data.IdxTest#sizesThatOverflowAreRefusedBeforeAllocation"),
          new Row(4, "IDX: truncated", "data.IdxTest#aTruncatedFileIsRefusedWithBothLengths"),
          new Row(5, "IDX: counts of images and labels differ",
              "data.IdxTest#differentNumbersOfImagesAndLabelsAreRefused"),
          new Row(6, "IDX: gzip, truncated, bomb",
              "data.IdxTest#gzipIsRecognisedWhateverTheName", "data.IdxTest#aTruncatedGzipIsRefused",
              "data.IdxTest#agzipBombIsCappedByWhatTheFileCanHold"),
          new Row(7, "length is no multiple of the record",
              "data.Cifar10Test#aLengthThatIsNoMultipleOfARecordIsRefusedWithTheRemainder",
              "data.IdxTest#bytesLeftOverAreRefused"),
          new Row(8, "CSV: ragged, open quote, byte order mark, empty cells, text, 1e400, NaN",
              "neurite-data:data.csv.CsvTest#raggedRowsAreRefusedWithTheirLine",
              "neurite-data:data.csv.CsvTest#aQuoteThatNeverClosesIsRefused",
              "neurite-data:data.csv.CsvTest#semicolonsByteOrderMarkAndMixedLineEndsAreRead",
              "neurite-data:data.csv.CsvTest#missingNumbersAreRefusedWithTheirPlace",
              "neurite-data:data.csv.CsvTest#textAmongNumbersIsNamedWithLineAndColumn",
              "neurite-data:data.csv.CsvTest#numbersBeyondTheirTypeAreRefused"),
          new Row(9, "CSV: a line without end", "neurite-data:data.csv.CsvTest#aCellWithoutEndIsCutOff"),
          new Row(10, "image folder: bad files, huge headers, inks, 16 bits, animations, link loops, empty classes",
              "neurite-data:data.image.ImageFileTest#emptyFilesTextsAndCutPicturesAreRefusedByName",
              "neurite-data:data.image.ImageFileTest#aHugePictureIsRefusedBeforeDecoding",
              "neurite-data:data.image.ImageFileTest#jpegsOfFourInksAreDecoded",
              "neurite-data:data.image.ImageFileTest#sixteenBitsPerChannelAreKept",
              "neurite-data:data.image.ImageFileTest#theFirstFrameOfAnAnimationIsTaken",
              "neurite-data:data.image.ImageFolderTest#badFilesAreReportedByNameAndSkippedOnlyWhenAsked",
              "neurite-data:data.image.ImageFolderTest#aLoopOfLinksIsDetected",
              "neurite-data:data.image.ImageFolderTest#aClassWithoutPicturesIsRefusedOrLeftOut"),
          new Row(11, "WAV: wrong sizes, odd chunks, 24 and 32 bits, 0 Hz, stereo",
              "io.WavTest#sizesOfCutOffRecordingsAreClippedToTheFileInWholeFrames",
              "io.WavTest#thirtyTwoBitsAndSixtyFourAreKeptInFloat64", "io.WavTest#unsupportedFormsAreNamed",
              "io.WavTest#noHertzNoChannelsWrongFramesAndNoDataAreRefused",
              "io.WavTest#oddChunksBeforeTheSoundAreSkippedAndTwentyFourBitsRead"),
          new Row(12, "safetensors: wrong length field",
              "io.SafetensorsTest#wrongHeaderLengthsAreRefusedBeforeReading"),
          new Row(13, "safetensors: header no strict JSON, too deep, too large",
              "io.SafetensorsTest#headersThatAreNotStrictJsonAreRefused",
              "io.SafetensorsTest#tooManyTensorsTooLongNamesAndTooManyAxesAreRefused"),
          new Row(14, "safetensors: damaged offsets, sizes that do not match or overflow",
              "io.SafetensorsTest#damagedOffsetsAreRefusedEachWithItsReason",
              "io.SafetensorsTest#sizesThatDoNotMatchOrOverflowAreRefused"),
          new Row(15, "safetensors: unknown or other dtype",
              "io.SafetensorsTest#unknownTypesAndKeysAreNamed",
              "nn.ModelTest#strictLoadListsEveryDifferenceAndChangesNothing"),
          new Row(16, "npz: bomb, names like paths, Fortran order, objects, big-endian",
              "io.NpyTest#aZipBombIsCappedUnlessTrusted", "io.NpyTest#namesAreKeysAndNeverPaths",
              "io.NpyTest#fortranOrderBecomesRowMajor", "io.NpyTest#everyByteOrderAndVersionIsRead",
              "io.NpyTest#pythonObjectsTextsAndFieldsAreRefused",
              "io.NpyTest#sizesThatDoNotMatchTheFileAreRefusedBeforeAllocation"),
          new Row(19, "model file: flipped bits, truncation, bomb",
              "nn.ModelFileTest#everyFlippedBitIsRefusedOrHarmless", "nn.ModelFileTest#everyTruncationIsRefused",
              "nn.ModelFileTest#aZipBombIsRefused",
              "train.CheckpointFaultsTest#everyFlippedBitOfACheckpointIsReportedAndTheOneBeforeIsTaken"),
          new Row(20, "model file: newer version, other architecture",
              "nn.ModelFileTest#wrongConfigurationsAreRefusedWithTheKey",
              "nn.ModelTest#strictLoadListsEveryDifferenceAndChangesNothing",
              "optim.OptimizerTest#wrongStateIsListedAndChangesNothing",
              "train.CheckpointFaultsTest#aNewerVersionAPlainModelAndAnotherNetworkAreRefusedByName"),
          new Row(21, "killed while saving", "train.KilledTrainingTest#fiveKillsLeaveNoTrace",
              "nn.KilledWhileSavingTest#theNewestCompleteFileAlwaysLoads",
              "io.SafetensorsTest#leftoversOfDeadProcessesAreDeletedByTheNextWrite"),
          new Row(22, "disk full, path is a directory",
              "io.SafetensorsTest#writingToAFullDeviceOrAFolderLeavesTheOldFile",
              "train.CallbacksTest#aCheckpointThatCannotBeWrittenEndsTheTrainingWithItsPath",
              "train.CheckpointFaultsTest#aBackupThatCannotBeWrittenNamesThePathOrTheTrainingGoesOnAndTheOldOneStays"),
          new Row(23, "two trainings save to one place",
              "train.CheckpointFaultsTest#aFolderInUseIsRefusedAndLeftAlone"));

  private static final List<Row> DATA =
      List.of(
          new Row(26, "NaN or infinity in features", "train.TrainerFailureTest#checkedInputsNameRowAndColumn"),
          new Row(27, "loss becomes NaN or infinite",
              "train.TrainerFailureTest#aLossThatIsNotANumberStopsBeforeTheWeightsTakeItIn",
              "train.MoreCallbacksTest#aLossOfNotANumberNamesTheLayerAndTheLastCheckpoint",
              "train.TrainerFaultsTest#aLossOfNotANumberNamesStepAndAdviceAndTheModelGoesOn"),
          new Row(28, "labels out of range, negative, float, of one class",
              "train.TrainerFaultsTest#labelsOutOfRangeNameIndexValueAndRangeAndTheModelGoesOn",
              "train.TrainerFaultsTest#aLabelOutOfRangeInALaterBatchKeepsTheStepsBefore",
              "train.TrainerFaultsTest#floatClassNumbersAreRefused",
              "train.TrainerFaultsTest#oneClassAloneAndAClassNobodyHasAreTrainedOn",
              "loss.LossesTest#labelOutOfRangeIsNamedWithIndexAndRange",
              "loss.LossFaultsTest#labelsOutOfRangeAreNamedWithIndexAndRange",
              "metric.MetricsTest#classOutOfRangeIsNamed",
              "metric.MetricsTest#undefinedRatiosAreZero"),
          new Row(29, "counts of features and labels differ", "data.DatasetTest#wrongArgumentsAreNamed",
              "train.TrainerFaultsTest#wrongCountsShapesAndClosedTensorsAreRefusedBeforeTheFirstStep"),
          new Row(30, "input width differs from the model's",
              "nn.ModelTest#wrongInputShapeNamesModelExpectedAndGiven",
              "nn.ModelFaultsTest#shapesNestedModelsCannotTakeNameTheWholePath",
              "train.TrainerFailureTest#wrongShapesAndTypesAreNamedBeforeNativeCode"),
          new Row(31, "empty data set, batch, axis; scalar", "train.TrainerFailureTest#emptyDataIsRefused",
              "nn.ModelFaultsTest#anEmptyBatchHasEmptyOutputsZeroGradientsAndNoLoss",
              "nn.ModelFaultsTest#zeroWidthAndZeroLengthInputsGiveWhatTheFormulaSays",
              "ops.ExtremeValuesTest#theSumOfNothingIsZeroAndItsMeanIsNotANumber",
              "ops.ExtremeValuesTest#theLargestOfNothingIsRefused",
              "ops.ExtremeValuesTest#productsAndSoftmaxOfEmptyTensorsAreEmptyOrZero",
              "ops.ExtremeValuesTest#aScalarHasNoAxisToReduceAlong"),
          new Row(32, "batch of one with batch normalisation",
              "nn.ModelFaultsTest#aBatchOfOneThroughBatchNormHasFiniteOutputsAndGradients",
              "train.TrainerFaultsTest#aLastBatchOfOneThroughBatchNormStaysFiniteOrIsDropped",
              "data.DatasetTest#droppingTheLastBatchLeavesFullOnes"),
          new Row(33, "sequence of length 0 or too long, all steps masked",
              "nn.ModelFaultsTest#zeroWidthAndZeroLengthInputsGiveWhatTheFormulaSays",
              "nn.RecurrentTest#sequencesWithoutStepsGiveTheirStateBackAndTheOutputZero",
              "nn.RecurrentTest#anEmptyBatchAndAnEmptyTimeAxisAreEmpty",
              "nn.RecurrentTest#wrongLengthsAreRefusedWithTheSequence",
              "nn.AttentionLayersTest#aPositionBeyondTheTableIsRefused",
              "features.AttentionFeaturesTest#nothingToAttendGivesZerosAndNoGradient"),
          new Row(34, "probabilities that are none", "loss.ProbabilitiesTest#rowThatDoesNotSumToOneIsReportedOnce",
              "loss.ProbabilitiesTest#labelRowThatDoesNotSumToOneIsReported",
              "loss.ProbabilitiesTest#valueOutsideZeroAndOneIsReportedWithItsRow"),
          new Row(35, "logits of 1e4 and infinity",
              "ops.ExtremeValuesTest#logitsOfTenThousandGiveFiniteLossesAndSlopes",
              "ops.ExtremeValuesTest#softmaxOfInfinitiesIsOneHotAndOfNothingButThemNotANumber",
              "loss.LossesTest#logitsAreExactFarOut",
              "loss.LossFaultsTest#extremeLogitsGiveFiniteLossesAndGradients",
              "loss.LossFaultsTest#aClassThatIsImpossibleCostsNothingUnlessItIsTheLabel"),
          new Row(36, "strided views into every op, overlapping writes", "ops.OpContract#contract",
              "ops.EveryOpHasAContractTest#eachNativeFolderHasATestOfItsName",
              "tensor.TensorFaultsTest#assigningAParameterFromItsOwnViewTakesTheOldValues"),
          new Row(37, "sizes beyond int and long",
              "tensor.TensorFaultsTest#aTensorOfMoreThanTwoToThe31BytesIsWrittenReadAndReversed",
              "tensor.TensorFaultsTest#aTensorLongerThanAnArraySaysWhyItCannotBecomeOne",
              "tensor.TensorFaultsTest#sizesBeyondLongAreRefusedByCheckedArithmetic",
              "tensor.TensorFaultsTest#positionsBeyondIntAreNotCutOff",
              "MemoryTest#aRequestAboveTheLimitNamesRequestUseAndLimit"),
          new Row(38, "kernel larger than the input, stride 0, dilation 0, groups",
              "nn.ModelFaultsTest#windowsThatDoNotFitFailWhenTheModelIsMadeWithTheComputedSize",
              "nn.ModelFaultsTest#stridesDilationsAndKernelsOfZeroAreRefusedAtOnce",
              "nn.LayerShapesTest#kernelLargerThanThePaddedInputFailsAtConstruction"),
          new Row(39, "embedding id out of range",
              "nn.ModelFaultsTest#idsOutOfRangeNamePositionRangeAndLayer",
              "nn.ModelFaultsTest#idsOutOfRangeInNestedModelsNameTheWholePath",
              "train.TrainerFaultsTest#idsOutOfRangeNameTheLayerInsideTheModel"),
          new Row(40, "empty vocabulary, lone surrogates, NUL, emoji, words of 10 MB",
              "features.TextFeaturesTest#oddTextsSurviveVocabularyAndTokenizers",
              "features.TextFeaturesTest#J2_vocabularyKeepsTheTopWordsAndMapsTheRestToUnknown"),
          new Row(41, "CTC: target longer than the input, empty, repeated symbols",
              "loss.CtcLossTest#targetsTooLongEmptyAndRepeatedHaveFiniteGradients",
              "loss.CtcLossTest#zeroInfinityMakesImpossibleTargetsCountNothing",
              "loss.CtcLossTest#wrongLabelsAndLengthsAreNamed"),
          new Row(42, "beam of width 0, no length, no end",
              "features.TextFeaturesTest#beamSearchRefusesWidthZeroAndSaysWhenNothingEnded",
              "text.CtcDecoderTest#wrongArgumentsAreNamed"),
          new Row(43, "boxes without or with negative size, NaN, equal scores",
              "vision.NonMaxSuppressionTest#damagedBoxesAndScoresAreRefused",
              "vision.NonMaxSuppressionTest#boxesWithoutAreaSuppressNothing",
              "vision.NonMaxSuppressionTest#tenThousandBoxesWithEqualScoresAreKeptInTheirOrder",
              "vision.BoxesTest#touchingBoxesAndBoxesWithoutAreaShareNothing",
              "vision.BoxesTest#boxesThatAreNoneAreRefused"),
          new Row(44, "denormals and signed zeros", "ops.ExtremeValuesTest#denormalsAndSignedZerosSurvive"),
          new Row(45, "learning rate, batch size, epochs that mean nothing",
              "train.TrainerFaultsTest#settingsThatMeanNothingAreRefused",
              "train.TrainerFaultsTest#aLearningRateOfZeroChangesNothingAndAHugeOneIsStopped",
              "train.TrainerFaultsTest#aBatchLargerThanTheDataIsOneStep", "train.TrainerTest#noEpochsTrainNothing",
              "optim.OptimizerTest#unusableRatesAreRefused"));

  private static final List<Row> LIFE =
      List.of(
          new Row(46, "closed tensors, double close, views",
              "MemoryTest#aClosedTensorIsRefusedWithShapeAndOpAndClosingTwiceIsHarmless",
              "MemoryTest#aViewKeepsItsStorageWhenTheParentIsClosed",
              "tensor.TensorFaultsTest#aClosedTensorNamesWhereItWasMadeAndClosedAtLeakLevelFull",
              "tensor.TensorFaultsTest#closingViewsAndParentsTwiceInAnyOrderFreesTheStorageOnce",
              "nn.ModelFaultsTest#aClosedTensorNamesTheLayerThatReadsIt", "nn.ModelTest#aClosedModelSaysSo"),
          new Row(47, "tensors never closed", "tensor.TensorFaultsTest#tensorsNeverClosedAreFreedOnceUnreachable"),
          new Row(48, "exception inside forward or backward",
              "MemoryTest#anExceptionInTheMiddleOfAStepReleasesEverything",
              "nn.ModelThreadsTest#anExceptionInForwardFreesEverythingAndTheNextCallWorks",
              "train.TrainerFailureTest#anExceptionOfACallbackOrALossSurfacesUnchanged"),
          new Row(49, "allocation fails at every place of a step",
              "MemoryTest#whereverAStepRunsOutOfMemoryNothingIsLostAndTheNextStepWorks",
              "MemoryTest#aFailedAllocationIsTriedAgainOnceCachedMemoryIsGivenBack",
              "train.OutOfMemoryTest#aStepThatFindsNoMemoryLeavesWeightsAndMemoryAsTheyWere"),
          new Row(52, "64 threads predict while another model trains",
              "train.TrainerTest#manyThreadsPredictWhatOneDoesWhileAnotherModelTrains",
              "nn.ModelThreadsTest#sixtyFourThreadsGetWhatOneThreadGets"),
          new Row(53, "two threads train one model",
              "train.TrainerFailureTest#aSecondTrainingOfTheSameModelIsRefusedAtOnce"),
          new Row(54, "close while another thread predicts",
              "nn.ModelFaultsTest#closingWhileFourThreadsPredictGivesRightResultsOrIsRefused",
              "nn.ModelThreadsTest#closingWaitsForARunningCall",
              "train.TrainerFailureTest#closingWaitsForTheTrainingToEnd"),
          new Row(55, "interrupt during a training",
              "train.TrainerFailureTest#anInterruptEndsTheTrainingAtTheBatchAndKeepsTheFlag",
              "train.TrainerFaultsTest#anInterruptedTrainingLeavesTheCheckpointOfItsLastWholeEpoch",
              "train.CheckpointFaultsTest#aTrainingInterruptedAtAnyBatchEndsWithTheSameBits"),
          new Row(56, "callback or loader throws",
              "train.TrainerFailureTest#anExceptionOfACallbackOrALossSurfacesUnchanged",
              "train.MoreCallbacksTest#callbacksAreToldInTheirOrderAndSeeWhatEarlierOnesPut",
              "train.TrainerFailureTest#anExceptionOfALoaderSurfacesUnchangedAndLeavesNothing"),
          new Row(63, "native library absent, foreign, of another version",
              "neurite-native:natives.NativeLoadingTest#aMissingNativeJarIsReportedWithTheArtefactAndThePlacesTried",
              "neurite-native:natives.NativeLoadingTest#aForeignLibraryIsReported",
              "neurite-native:natives.NativeLoadingTest#aLibraryOfAnotherVersionIsReported"));

  private static Stream<Row> rows() {
    return Stream.of(FILES, DATA, LIFE).flatMap(List::stream);
  }

  @Test
  void everyNumberPromisedHasATest() {
    TreeSet<Integer> missing = new TreeSet<>();
    IntStream.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 19, 20, 21, 22, 23, 46, 47, 48, 49,
        52, 53, 54, 55)
        .forEach(missing::add);
    IntStream.rangeClosed(26, 45).forEach(missing::add);

    rows().filter(r -> r.tests().length > 0).forEach(r -> missing.remove(r.number()));

    assertEquals(new TreeSet<Integer>(), missing);
    assertEquals(rows().count(), rows().map(Row::number).distinct().count(), "a number stands twice");
  }

  @Test
  void everyTestOfThisModuleExists() throws ClassNotFoundException {
    List<String> missing = new ArrayList<>();
    for (String test : rows().flatMap(r -> Stream.of(r.tests())).filter(t -> !t.contains(":")).toList()) {
      String[] parts = test.split("#");
      Class<?> type = Class.forName("dev.neurite." + parts[0]);
      if (Stream.of(type.getDeclaredMethods()).noneMatch(m -> m.getName().equals(parts[1]) && isTest(m))) {
        missing.add(test);
      }
    }
    assertEquals(List.of(), missing);
  }

  private static boolean isTest(Method m) {
    return m.isAnnotationPresent(Test.class) || m.isAnnotationPresent(TestFactory.class)
        || m.isAnnotationPresent(ParameterizedTest.class);
  }

  /** Other modules' tests are no classes here; their source tells. */
  @Test
  void everyTestOfOtherModulesExists() throws IOException {
    String root = System.getProperty("neurite.root");
    assumeTrue(root != null, "outside the build");
    for (String test : rows().flatMap(r -> Stream.of(r.tests())).filter(t -> t.contains(":")).toList()) {
      String[] parts = test.split("[:#]");
      Path source =
          Path.of(root, "java", parts[0], "src/test/java/dev/neurite", parts[1].replace('.', '/') + ".java");
      assertTrue(Files.readString(source).contains("void " + parts[2] + "("), test);
    }
  }
}
